// What somebody dropped, as the one file that is sent: archives and single weights as they are, several files as a tar.
import { packTar } from '@/ui/upload/tar'

export interface Picked {
  /** Relative to what was dropped, with `/` between folders. */
  readonly path: string
  readonly file: File
}

export interface Bundle {
  readonly name: string
  readonly blob: Blob
  readonly files: number
  /** A classes file that lay beside an archive; inside an archive it is found there. */
  readonly classesFile: File | null
}

const ARCHIVE = /\.(zip|tar|tgz|tar\.gz)$/i
const CLASSES = /(^|\/)[\w.-]*(classes|labels|names)[\w.-]*\.(txt|names)$/i
const PICKLE = /\.(pt|pth|pkl|pickle|ckpt|bin|joblib)$/i
const HIDDEN = /(^|\/)(\.[^/]+|__MACOSX|__pycache__|Thumbs\.db)(\/|$)/

const leaf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Null when there is nothing to send. Throws RangeError for what no archive holds. */
export function bundleOf(picked: readonly Picked[]): Bundle | null {
  const files = picked.filter(({ path }) => !HIDDEN.test(path))
  const beside = files.filter(({ path }) => CLASSES.test(path))
  const weights = files.filter(({ path }) => !CLASSES.test(path))
  const [only] = weights
  if (only === undefined) return null
  const isArchive = ARCHIVE.test(only.path)
  if (weights.length === 1 && (isArchive || beside.length === 0))
    return { name: leaf(only.path), blob: only.file, files: 1, classesFile: beside[0]?.file ?? null }
  return { name: `${folderOf(files)}.tar`, blob: packTar(files), files: files.length, classesFile: null }
}

/** The folder that all files lie in, else the name of the first weights. */
function folderOf(files: readonly Picked[]): string {
  const tops = new Set(files.map(({ path }) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')))
  const [top = ''] = tops
  if (tops.size === 1 && top !== '') return top
  return stemOf(files.find(({ path }) => !CLASSES.test(path))?.path ?? 'model')
}

const stemOf = (path: string): string => leaf(path).replace(/(\.tar)?\.[^.]+$/, '')

/** A model's name made of a file's: only what the API takes. */
export function nameFrom(fileName: string): string {
  const name = stemOf(fileName)
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  return name.slice(0, 100) || 'model'
}

/** Class names, one a line, in the model's order. An empty line between them stays: without it later names shift. */
export function linesOf(text: string): string[] {
  const written = text.replace(/^\uFEFF/, '').trimEnd()
  return written === '' ? [] : written.split(/\r?\n/).map((line) => line.trim())
}

/** Whether a file is of a kind that can run code when it is loaded, and is refused for it. */
export const isPickle = (fileName: string): boolean => PICKLE.test(fileName)
