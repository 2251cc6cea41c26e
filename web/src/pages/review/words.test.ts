import { describe, expect, it } from 'vitest'
import type { Contested } from './verdicts'
import { nameOfKey } from './useKeys'
import { causesInWords, classVotes, missingInWords, votesInWords } from './words'

const ONTOLOGY = [
  { class_id: 1, name: 'truck', colour: '#ffb454' },
  { class_id: 2, name: 'car', colour: '#4cc2ff' },
]

const drawnAs = (...classIds: number[]): Contested => {
  const label = (class_id: number) => ({
    id: 'x',
    class_id,
    shape: { type: 'tag' as const },
    origin: 'drawn' as const,
    derived_from: [],
  })
  return {
    object: label(1),
    causes: ['class'],
    vote_share: 1,
    class_share: 1,
    agreement_iou: 0.711,
    versions: classIds.map((id, i) => ({ label: 'ABC'.charAt(i), lease_id: i, object: label(id) })),
  }
}

describe('words of a review', () => {
  it('name every cause of a disagreement', () => {
    expect(causesInWords(['class', 'boundary'])).toBe('Class and outline')
    expect(causesInWords(['missing'])).toBe('Missed by some')
    expect(causesInWords([])).toBe('Settled')
  })

  it('count the classes that people gave, the commonest first', () => {
    expect(classVotes(drawnAs(2, 1, 1), ONTOLOGY)).toBe('truck ×2, car ×1')
    expect(classVotes(drawnAs(9), ONTOLOGY)).toBe('class 9 ×1')
  })

  it('say how alike versions are only where there are two', () => {
    expect(votesInWords(drawnAs(1, 2), 3)).toBe('2 of 3 drew it · IoU 0.71')
    expect(votesInWords(drawnAs(1), 3)).toBe('1 of 3 drew it')
  })

  it('say what stands between the supervisor and accepting', () => {
    expect(missingInWords(0)).toBeNull()
    expect(missingInWords(1)).toBe('1 disagreement needs an answer')
    expect(missingInWords(2)).toBe('2 disagreements need an answer')
  })

  it('name keys alike whatever the shift', () => {
    const key = (name: string, ctrlKey = false) => nameOfKey({ key: name, ctrlKey, metaKey: false })
    expect([key('f'), key('F'), key('Enter', true), key('z', true), key('[')]).toEqual(['F', 'F', 'Ctrl+Enter', 'Ctrl+Z', '['])
  })
})
