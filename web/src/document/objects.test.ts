import { describe, expect, it } from 'vitest'
import { newObject, readObject, uuid7, writeObject } from '.'

describe('an object of the API', () => {
  const wire = {
    id: '01970f3c-6d2e-7b11-9c55-0d4f7a1e2b3c',
    class_id: 1,
    shape: { type: 'box', x0: 10, y0: 12.5, x1: 64, y1: 80 },
    attributes: { occluded: true },
    origin: 'model',
    derived_from: ['01970f3c-6d2e-7b11-9c55-000000000001'],
    score: 0.5,
  }

  it('comes back as it was', () => {
    expect(writeObject(readObject(wire))).toEqual(wire)
  })

  it('of a kind that is not known is carried through untouched', () => {
    const unknown = {
      ...wire,
      shape: { type: 'spline', knots: [[1, 2]], tension: 0.5 },
      note: 'from a later version',
    }
    expect(readObject(unknown).shape.type).toBe('foreign')
    expect(writeObject(readObject(unknown))).toEqual(unknown)
  })

  it('that was drawn here reads the same when the server sends it back', () => {
    const drawn = newObject(wire.id, 1, { type: 'tag' })
    expect(readObject({ ...writeObject(drawn), score: null })).toEqual(drawn)
  })

  it('may leave out what has a default', () => {
    const bare = { id: wire.id, class_id: 1, shape: { type: 'tag' } }
    expect(readObject(bare)).toMatchObject({ attributes: {}, origin: 'drawn', derived_from: [] })
  })
})

describe('an id', () => {
  it('holds its time, its version and its variant', () => {
    const id = uuid7(0x0123456789ab, new Uint8Array(10).fill(0xff))
    expect(id).toBe('01234567-89ab-7fff-bfff-ffffffffffff')
    expect(uuid7(0, new Uint8Array(10))).toBe('00000000-0000-7000-8000-000000000000')
  })

  it('sorts by time', () => {
    const random = new Uint8Array(10).fill(0xff)
    expect(uuid7(1_763_900_000_000, random) < uuid7(1_763_900_000_001, new Uint8Array(10))).toBe(true)
  })

  it('is not made from too little randomness', () => {
    expect(() => uuid7(0, new Uint8Array(9))).toThrow(RangeError)
  })
})
