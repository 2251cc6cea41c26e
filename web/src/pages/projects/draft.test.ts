import { expect, it } from 'vitest'
import { bodyOf, emptyDraft, problemOf, withRow, type ProjectDraft } from './draft'

const draft = (names: string[], change: Partial<ProjectDraft> = {}): ProjectDraft => {
  let made = emptyDraft()
  for (let count = 1; count < names.length; count += 1) made = withRow(made)
  return { ...made, name: 'Harbour', classes: made.classes.map((row, at) => ({ ...row, name: names[at] ?? '' })), ...change }
}

it('classes are numbered from one, and empty rows are left out', () => {
  const body = bodyOf(draft(['car', ' ', ' truck ']))

  expect(body.ontology.classes.map((one) => [one.class_id, one.name])).toEqual([
    [1, 'car'],
    [2, 'truck'],
  ])
})

it('every row has a colour of its own', () => {
  const colours = draft(['a', 'b', 'c', 'd', 'e', 'f']).classes.map((row) => row.colour)

  expect(new Set(colours).size).toBe(6)
})

it.each([
  ['no name', draft(['car'], { name: ' ' }), /name/],
  ['no class', draft(['']), /class/],
  ['the same class twice', draft(['car', 'Car']), /same name/],
  ['fewer answers at most than at least', draft(['car'], { minVotes: 4 }), /fewer/],
])('%s is said before it is sent', (_, made, text) => {
  expect(problemOf(made)).toMatch(text)
})

it('a whole draft has no problem', () => {
  expect(problemOf(draft(['car', 'truck']))).toBeNull()
})
