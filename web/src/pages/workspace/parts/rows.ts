/** What a row of the object list says. */

import type { CSSProperties } from 'react'
import { type Shape, countVertices } from '@/geometry'
import { type LabelDocument, type LabelObject, type Origin, isUnchecked } from '@/document'

const SHAPE_WORDS: Readonly<Record<Shape['type'], string>> = {
  box: 'Box',
  rotated_box: 'Rotated box',
  polygon: 'Polygon',
  mask: 'Mask',
  points: 'Points',
  polyline: 'Line',
  tag: 'Whole picture',
  foreign: 'Shown read-only',
}

const ORIGIN_WORDS: Readonly<Record<Origin, string>> = {
  drawn: 'drawn',
  assisted: 'assisted',
  prelabel_accepted: 'accepted',
  prelabel_edited: 'edited',
  consensus: 'merged',
  review: 'reviewed',
  model: 'pre-label',
  import: 'imported',
}

export const originInWords = (origin: Origin): string => ORIGIN_WORDS[origin] ?? origin

/** What proposed an object that nobody has looked at; a model's name is told to its own organisation alone. */
export function sourceInWords(origin: Origin, source: { model: string | null; version: string | null } | null): string {
  if (origin === 'import') return 'Imported'
  return source?.model ? `${source.model} ${source.version ?? ''}`.trim() : 'Pre-label'
}

export function shapeInWords(shape: Shape): string {
  const what = SHAPE_WORDS[shape.type]
  switch (shape.type) {
    case 'polygon': {
      const holes = shape.parts.reduce((sum, part) => sum + part.length - 1, 0)
      const rest = holes === 1 ? ' · 1 hole' : holes > 1 ? ` · ${String(holes)} holes` : ''
      return `${what} · ${String(countVertices(shape))} pts${rest}`
    }
    case 'points':
      return shape.points.length === 1 ? 'Point' : `${what} · ${String(shape.points.length)}`
    case 'polyline':
      return `${what} · ${String(shape.points.length)} pts`
    default:
      return what
  }
}

const numbers = new WeakMap<LabelDocument, ReadonlyMap<string, number>>()

/** The number that a person sees: its place in drawing order, from 1. */
export function numberOf(document: LabelDocument, id: string): number {
  let byId = numbers.get(document)
  if (byId === undefined)
    numbers.set(document, (byId = new Map(document.objects.map((object, i) => [object.id, i + 1]))))
  return byId.get(id) ?? 0
}

export type Filter = 'all' | 'unchecked' | 'mine'

export const isListed = (object: LabelObject, filter: Filter): boolean =>
  filter === 'all' || (filter === 'unchecked') === isUnchecked(object)

/** The class colour for the stylesheet, as `--c`. */
export const inColour = (colour: string): CSSProperties => ({ '--c': colour }) as CSSProperties
