// How a model's classes become the project's, while it is edited. Pure.
import type { MappedClass, ModelVersion, Suggestion } from './data'

export interface Row {
  readonly index: number
  readonly name: string
  /** Of the project; null leaves the class out. */
  readonly classId: number | null
  /** Null: the score of the model's card. */
  readonly threshold: number | null
  readonly suggested: { readonly classId: number; readonly likeness: number } | null
}

/** Rows as they were saved last, else as the names suggest. A class that the project has retired is left out. */
export function rowsOf(
  classes: ModelVersion['classes'],
  suggestions: readonly Suggestion[],
  saved: readonly MappedClass[] | null,
  usable: ReadonlySet<number>,
): Row[] {
  const suggestedBy = new Map(suggestions.map((one) => [one.index, one]))
  const savedBy = saved === null ? null : new Map(saved.map((one) => [one.index, one]))
  const known = (classId: number | null | undefined): number | null =>
    typeof classId === 'number' && usable.has(classId) ? classId : null
  return classes.map(({ index, name }) => {
    const suggestion = suggestedBy.get(index)
    const suggestedId = known(suggestion?.class_id)
    const suggested =
      suggestion === undefined || suggestedId === null ? null : { classId: suggestedId, likeness: suggestion.likeness }
    if (savedBy === null) return { index, name, classId: suggestedId, threshold: null, suggested }
    const kept = savedBy.get(index)
    return { index, name, classId: known(kept?.class_id), threshold: kept?.threshold ?? null, suggested }
  })
}

/** What is saved: only classes that become something, in the model's order. */
export const mappedOf = (rows: readonly Row[]): MappedClass[] =>
  rows
    .filter(({ classId }) => classId !== null)
    .map(({ index, classId, threshold }) => ({ index, class_id: classId, threshold }))
    .sort((a, b) => a.index - b.index)

export function isSame(rows: readonly Row[], saved: readonly MappedClass[] | null): boolean {
  if (saved === null) return false
  const text = (classes: readonly MappedClass[]): string =>
    JSON.stringify(
      classes
        .filter(({ class_id }) => class_id !== null)
        .map(({ index, class_id, threshold }) => [index, class_id, threshold ?? null])
        .sort((a, b) => Number(a[0]) - Number(b[0])),
    )
  return text(mappedOf(rows)) === text(saved)
}

export const countMapped = (rows: readonly Row[]): number => rows.filter(({ classId }) => classId !== null).length

export const withSuggestions = (rows: readonly Row[]): Row[] =>
  rows.map((row) => (row.suggested === null ? row : { ...row, classId: row.suggested.classId }))

export const withNothing = (rows: readonly Row[]): Row[] => rows.map((row) => ({ ...row, classId: null, threshold: null }))

export const withRow = (rows: readonly Row[], changed: Row): Row[] =>
  rows.map((row) => (row.index === changed.index ? changed : row))

/** Rows that a search is about: by a part of the name in any case, or by the number. */
export function foundIn(rows: readonly Row[], text: string): Row[] {
  const wanted = text.trim().toLowerCase()
  return rows.filter(({ name, index }) => name.toLowerCase().includes(wanted) || String(index) === wanted)
}

/** A typed threshold: null where nothing was typed, kept within [0, 1]. */
export function thresholdOf(text: string): number | null {
  const value = Number(text.replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(value) ? null : Math.min(1, Math.max(0, value))
}
