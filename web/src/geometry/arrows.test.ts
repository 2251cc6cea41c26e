import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Which folders of src the files of a folder may import from. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  geometry: ['geometry'],
  document: ['geometry', 'document', 'zustand'],
  tools: ['geometry', 'document', 'tools'],
  render: ['geometry', 'document', 'tools', 'render'],
}

const SOURCE = join(import.meta.dirname, '..')
const IMPORT = /from '(?:@\/([a-z]+)|([a-z@][^'.]*))/g

function importsOf(folder: string): readonly string[] {
  return readdirSync(join(SOURCE, folder))
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
    .flatMap((name) => {
      const text = readFileSync(join(SOURCE, folder, name), 'utf8')
      return [...text.matchAll(IMPORT)].map(([, ours, theirs]) => ours ?? theirs?.split('/')[0] ?? '')
    })
}

describe('the engine', () => {
  it.each(Object.entries(MAY_IMPORT))('%s imports only what lies below it', (folder, allowed) => {
    expect([...new Set(importsOf(folder))].filter((name) => !allowed.includes(name))).toEqual([])
  })

  it.each(['geometry', 'document'])('%s names no DOM', (folder) => {
    const named = readdirSync(join(SOURCE, folder)).filter((name) => {
      const isCode = name.endsWith('.ts') && !name.includes('.test.')
      return (
        isCode &&
        /\b(window|HTMLElement|CanvasRenderingContext2D|Path2D|fetch)\b[.(<]/.test(
          readFileSync(join(SOURCE, folder, name), 'utf8'),
        )
      )
    })
    expect(named).toEqual([])
  })
})
