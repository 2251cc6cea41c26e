import { describe, expect, it } from 'vitest'
import { packTar } from './tar'

const text = (bytes: Uint8Array, at: number, length: number): string =>
  new TextDecoder().decode(bytes.slice(at, at + length)).replace(/\0.*$/s, '')

interface Entry {
  path: string
  content: string
}

/** Reads a tar as any program does: header, content, padding; the sum of a header is checked. */
async function unpack(archive: Blob): Promise<Entry[]> {
  const bytes = new Uint8Array(await archive.arrayBuffer())
  const entries: Entry[] = []
  for (let at = 0; bytes[at] !== 0; ) {
    const head = bytes.slice(at, at + 512)
    const sum = head.reduce((total, byte, place) => total + (place >= 148 && place < 156 ? 32 : byte), 0)
    expect(parseInt(text(head, 148, 6), 8)).toBe(sum)
    const size = parseInt(text(head, 124, 11), 8)
    const prefix = text(head, 345, 155)
    entries.push({ path: `${prefix}${prefix === '' ? '' : '/'}${text(head, 0, 100)}`, content: text(bytes, at + 512, size) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return entries
}

describe('packing a folder', () => {
  it('keeps paths and contents, in the order of the paths', async () => {
    const archive = packTar([
      { path: 'm/model.safetensors', file: new Blob(['x'.repeat(600)]) },
      { path: 'm/config.json', file: new Blob(['{}']) },
    ])
    expect(await unpack(archive)).toEqual([
      { path: 'm/config.json', content: '{}' },
      { path: 'm/model.safetensors', content: 'x'.repeat(600) },
    ])
    expect(archive.size % 512).toBe(0)
  })

  it('ends with two empty blocks', () => {
    expect(packTar([{ path: 'a', file: new Blob(['']) }]).size).toBe(3 * 512)
  })

  it('cuts a long path at a folder', async () => {
    const path = `${'folder/'.repeat(18)}weights.onnx`
    expect(await unpack(packTar([{ path, file: new Blob(['1']) }]))).toEqual([{ path, content: '1' }])
  })

  it('refuses a name that no field holds, and says what to do', () => {
    expect(() => packTar([{ path: 'n'.repeat(101), file: new Blob([]) }])).toThrow(/shorten/)
  })

  it('gives the same bytes for the same files, whatever order they came in', async () => {
    const files = ['b', 'a', 'c'].map((path) => ({ path, file: new Blob([path]) }))
    const [one, other] = await Promise.all([packTar(files).text(), packTar([...files].reverse()).text()])
    expect(one).toBe(other)
  })
})
