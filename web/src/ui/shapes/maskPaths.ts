// A mask as SVG paths: its filled strips, and the border between filled and empty pixels.

import { type DecodedMask, forEachStrip } from '@/geometry/runs'

type Span = { start: number; end: number }

// The filled pixels, each column's strips joined with equal ones to the left.
export function stripPath(mask: DecodedMask): string {
  const columns = spansOf(mask)
  const open = new Map<string, { column: number; span: Span }>()
  let d = ''
  const close = (key: string, until: number) => {
    const strip = open.get(key)
    if (strip === undefined) return
    d += `M${strip.column} ${strip.span.start}H${until}V${strip.span.end}H${strip.column}Z`
    open.delete(key)
  }
  let last = -1
  for (const [column, spans] of columns) {
    const keys = new Set(spans.map((s) => `${s.start} ${s.end}`))
    for (const key of [...open.keys()]) if (column !== last + 1 || !keys.has(key)) close(key, last + 1)
    for (const span of spans) {
      const key = `${span.start} ${span.end}`
      if (!open.has(key)) open.set(key, { column, span })
    }
    last = column
  }
  for (const key of [...open.keys()]) close(key, last + 1)
  return d
}

// The border as separate straight lines, for a stroke.
export function borderPath(mask: DecodedMask): string {
  const columns = spansOf(mask)
  const rows = new Map<number, number[]>()
  let d = ''
  for (const [column, spans] of columns) {
    for (const row of spans.flatMap((s) => [s.start, s.end])) {
      const seen = rows.get(row)
      if (seen) seen.push(column)
      else rows.set(row, [column])
    }
    d += verticals(column, columns.get(column - 1) ?? [], spans)
    if (!columns.has(column + 1)) d += verticals(column + 1, spans, [])
  }
  for (const [row, places] of rows) d += horizontals(row, places)
  return d
}

function spansOf(mask: DecodedMask): Map<number, Span[]> {
  const columns = new Map<number, Span[]>()
  forEachStrip(mask, (column, row, length) => {
    const spans = columns.get(column)
    const span = { start: row, end: row + length }
    if (spans) spans.push(span)
    else columns.set(column, [span])
  })
  return columns
}

// Where exactly one of two neighbouring columns is filled. Ends that both share cancel out.
function verticals(x: number, left: readonly Span[], right: readonly Span[]): string {
  const ends = [...left, ...right].flatMap((s) => [s.start, s.end]).sort((a, b) => a - b)
  let d = ''
  let from: number | null = null
  for (let i = 0; i < ends.length; i += 1) {
    if (ends[i] === ends[i + 1]) {
      i += 1
      continue
    }
    const y = ends[i] ?? 0
    if (from === null) from = y
    else {
      d += `M${x} ${from}V${y}`
      from = null
    }
  }
  return d
}

function horizontals(y: number, columns: readonly number[]): string {
  let d = ''
  let [start, end] = [-1, -1]
  for (const column of columns) {
    if (column === end) end += 1
    else {
      if (end > start) d += `M${start} ${y}H${end}`
      ;[start, end] = [column, column + 1]
    }
  }
  return end > start ? d + `M${start} ${y}H${end}` : d
}
