import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REASON_CODES, remedyOf } from './reasons'

const fromRoot = (path: string): string => readFileSync(resolve('..', path), 'utf8')

describe('reasons of the quarantine', () => {
  it('cover every code that the pipeline writes', () => {
    const enumeration = /class Reason\(StrEnum\):([\s\S]*?)\n\n\n/.exec(fromRoot('domain/ingest/errors.py'))?.[1] ?? ''
    const codes = [...enumeration.matchAll(/= "(\w+)"/g)].map((m) => m[1])
    const stuck = [...fromRoot('domain/sweeps/queries.py').matchAll(/state = 'quarantined', reason = '(\w+)'/g)]
    expect(codes.length).toBeGreaterThan(4)
    expect(stuck.length).toBe(1)
    expect([...codes, ...stuck.map((m) => m[1])].filter((code) => !REASON_CODES.includes(code ?? ''))).toEqual([])
  })

  it('stand in words with a remedy each', () => {
    for (const code of REASON_CODES) {
      expect(remedyOf(code).title).not.toContain('_')
      expect(remedyOf(code).remedy).toMatch(/\.$/)
    }
  })

  it('fall back to the words of a code that came later', () => {
    expect(remedyOf('colour_space_odd').title).toBe('colour space odd')
    expect(remedyOf(null).title).toBe('No reason recorded')
  })
})
