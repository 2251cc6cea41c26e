// Files as one uncompressed tar (ustar, POSIX.1-1988), put together from blobs: what a file holds is never read here.

export interface Packed {
  /** Its path inside the archive, with `/` between folders. */
  readonly path: string
  readonly file: Blob
}

const BLOCK = 512
const NAME_BYTES = 100
const PREFIX_BYTES = 155
const LARGEST = 8 ** 11 - 1

const encoder = new TextEncoder()

/** One archive of all files, in the order of their paths, so that the same files give the same bytes. */
export function packTar(files: readonly Packed[]): Blob {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
  const parts = sorted.flatMap(({ path, file }) => [header(path, file.size), file, new Uint8Array(padding(file.size))])
  return new Blob([...parts, new Uint8Array(2 * BLOCK)], { type: 'application/x-tar' })
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

function header(path: string, size: number): Uint8Array<ArrayBuffer> {
  if (size > LARGEST) throw new RangeError(`${path} is larger than 8 GB; pack it as a zip yourself`)
  const [prefix, name] = split(path)
  const block = new Uint8Array(BLOCK)
  const put = (at: number, text: string) => {
    block.set(encoder.encode(text), at)
  }
  put(0, name)
  put(100, '0000644\0')
  put(108, '0000000\0')
  put(116, '0000000\0')
  put(124, `${size.toString(8).padStart(11, '0')}\0`)
  put(136, '00000000000\0')
  put(148, '        ')
  put(156, '0')
  put(257, 'ustar\0')
  put(263, '00')
  put(345, prefix)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}

/** Cut a long path at a `/` into the two fields that ustar has for it. */
function split(path: string): readonly [string, string] {
  const bytes = (text: string): number => encoder.encode(text).length
  if (bytes(path) <= NAME_BYTES) return ['', path]
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (bytes(name) <= NAME_BYTES && bytes(prefix) <= PREFIX_BYTES && name !== '') return [prefix, name]
  }
  throw new RangeError(`the path ${path} is too long for an archive; shorten its folders' names`)
}
