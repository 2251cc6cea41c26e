// Files and whole folders out of a drop or a file dialog, with the paths that they had.
import type { Picked } from './picked'

/** Read a drop. Must be called while the event is handled: the browser forgets its items afterwards. */
export async function pickedFromDrop(data: DataTransfer): Promise<Picked[]> {
  const entries = [...data.items].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null))
  const found = await Promise.all(entries.map((entry) => (entry === null ? [] : walk(entry))))
  return found.flat()
}

/** Read what a file input holds; a folder's files know where they lay. */
export const pickedFromInput = (files: FileList | null): Picked[] =>
  [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }))

async function walk(entry: FileSystemEntry): Promise<Picked[]> {
  if (entry.isFile) return [{ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry as FileSystemFileEntry) }]
  const found: Picked[] = []
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // A reader gives a hundred entries at a time, and none at the end.
  for (let page = await entriesOf(reader); page.length > 0; page = await entriesOf(reader))
    found.push(...(await Promise.all(page.map(walk))).flat())
  return found
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => {
    entry.file(resolve, reject)
  })

const entriesOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
  new Promise((resolve, reject) => {
    reader.readEntries(resolve, reject)
  })
