import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { FAMILY_WORDS, STATE_WORDS, TASK_WORDS, inputOf, parametersOf, reasonOf } from './words'

const SCHEMA = ['enums', 'models'].map((name) => readFileSync(resolve('..', `schema/${name}.py`), 'utf8')).join('\n')

/** The values of an enumeration as the API's own code declares them. */
function valuesOf(name: string): string[] {
  const body = new RegExp(`class ${name}\\(StrEnum\\):([\\s\\S]*?)\\n\\n\\n`).exec(SCHEMA)?.[1] ?? ''
  return [...body.matchAll(/ = "(\w+)"/g)].map((match) => match[1] ?? '')
}

it.each([
  ['ModelState', STATE_WORDS],
  ['ModelFamily', FAMILY_WORDS],
  ['ModelTask', TASK_WORDS],
])('there are words for every %s', (name, words) => {
  expect(valuesOf(name).length).toBeGreaterThan(3)
  expect(Object.keys(words).sort()).toEqual(valuesOf(name).sort())
})

const SPEC = { height: 640, width: 640, resize: 'letterbox' as const, shortest_px: 800, longest_px: 1333, multiple_of: 32 }

it.each([
  [{}, '640 × 640 px, letter-boxed'],
  [{ resize: 'stretch' as const, height: 512 }, '640 × 512 px, stretched'],
  [{ height: null, width: null }, 'any size in steps of 32 px, letter-boxed'],
  [{ resize: 'shortest_edge' as const }, 'shorter side to 800 px, longer at most 1333 px'],
])('an input of %j is said as it is', (changed, words) => {
  const rest = { pad_value: 114, colour: 'rgb' as const, scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] }
  expect(inputOf({ ...rest, ...SPEC, ...changed } as Parameters<typeof inputOf>[0])).toBe(words)
})

it('says parameters as papers do, and nothing where they were not counted', () => {
  expect([parametersOf(25_900_000), parametersOf(0)]).toEqual(['25.9M', '–'])
})

it('makes words of a reason that came later', () => {
  expect(reasonOf('zip_slip')).toBe('Zip slip')
})
