/** What the server would refuse in an answer, said beforehand and about the object. Mirrors domain/geometry/validity.py. */

import {
  type Bounds,
  type Fault,
  type Shape,
  type Size,
  boundsOf,
  decodeMask,
  findPolygonFault,
  imagePoint,
  isFlat,
  pointsOf,
} from '@/geometry'
import { type LabelDocument, answerOf } from './document'
import type { AttributeValue, LabelObject } from './objects'
import { type AttributeSpec, type Ontology, findClass } from './ontology'

export interface Problem {
  /** Null when it is about the whole answer. */
  readonly objectId: string | null
  readonly what: string
}

export const MAX_OBJECTS = 2_000
/** Points may lie this far outside the picture (px). */
const OUTSIDE_TOLERANCE = 1
const MAX_VERTICES = 20_000
const MAX_PARTS = 500

/** Every problem of the answer; unchecked pre-labels are not part of it. */
export function check(document: LabelDocument, ontology: Ontology, image: Size): readonly Problem[] {
  const answer = answerOf(document)
  const problems = answer.flatMap((object) =>
    [...shapeProblems(object.shape, image), ...factProblems(object, ontology)].map((what) => ({
      objectId: object.id,
      what,
    })),
  )
  if (answer.length <= MAX_OBJECTS) return problems
  const tooMany = `${String(answer.length)} objects are too many; an answer holds ${String(MAX_OBJECTS)} at most`
  return [{ objectId: null, what: tooMany }, ...problems]
}

const checked = new WeakMap<Shape, { readonly image: Size; readonly problems: readonly string[] }>()

/** What is wrong with a shape, in words; kept for each shape, since shapes never change. */
export function shapeProblems(shape: Shape, image: Size): readonly string[] {
  const known = checked.get(shape)
  if (known?.image.width === image.width && known.image.height === image.height) return known.problems
  const problems = [...findShapeProblems(shape, image)]
  checked.set(shape, { image, problems })
  return problems
}

function* findShapeProblems(shape: Shape, image: Size): Generator<string> {
  if (isOutside(shape, image)) yield `it reaches outside the picture of ${sizeInWords(image)}`
  switch (shape.type) {
    case 'box':
      if (!(shape.x0 < shape.x1 && shape.y0 < shape.y1)) yield 'the box has no area'
      return
    case 'rotated_box':
      if (!(shape.width > 0 && shape.height > 0)) yield 'the box has no area'
      return
    case 'polygon':
      if (shape.parts.length > MAX_PARTS) yield `more than ${String(MAX_PARTS)} parts`
      if (shape.parts.flat().some((ring) => ring.length > MAX_VERTICES))
        yield `more than ${String(MAX_VERTICES)} points`
      if (shape.parts.flat().some(isFlat)) yield 'an outline needs three points that are not on one line'
      else yield* crossingProblems(findPolygonFault(shape))
      return
    case 'mask':
      if (shape.size[0] !== image.height || shape.size[1] !== image.width)
        yield `the mask is not of the picture's size, ${sizeInWords(image)}`
      else if (decodeMask(shape) === null) yield 'the mask cannot be read'
      return
    case 'points':
      if (shape.points.length === 0) yield 'it has no point'
      return
    case 'polyline':
      if (shape.points.length < 2) yield 'a line needs two points'
      return
    case 'tag':
    case 'foreign':
      return
  }
}

const FAULT_IN_WORDS: Readonly<Record<Fault, string>> = {
  self_intersection: 'the outline crosses or touches itself',
  rings_cross: 'two outlines cross',
  hole_outside: 'a hole lies outside its outline',
  hole_in_hole: 'a hole lies in another hole',
  parts_overlap: 'two parts lie on each other',
}

function* crossingProblems(found: ReturnType<typeof findPolygonFault>): Generator<string> {
  if (found === null) return
  const [x, y] = found.at
  yield `${FAULT_IN_WORDS[found.fault]} at (${String(Math.round(x))}, ${String(Math.round(y))})`
}

/** Of a rotated box only the centre counts: its corners may well stick out. */
function isOutside(shape: Shape, image: Size): boolean {
  const bounds: Bounds | null = boundsOf(
    shape.type === 'rotated_box' ? [imagePoint(shape.cx, shape.cy)] : pointsOf(shape),
  )
  if (bounds === null) return false
  return (
    bounds.x0 < -OUTSIDE_TOLERANCE ||
    bounds.y0 < -OUTSIDE_TOLERANCE ||
    bounds.x1 > image.width + OUTSIDE_TOLERANCE ||
    bounds.y1 > image.height + OUTSIDE_TOLERANCE
  )
}

const sizeInWords = ({ width, height }: Size): string => `${String(width)} × ${String(height)} px`

function* factProblems(object: LabelObject, ontology: Ontology): Generator<string> {
  const spec = findClass(ontology, object.class_id)
  if (spec === null) {
    yield `class ${String(object.class_id)} is not one of the project's; choose another`
    return
  }
  const known = new Map(spec.attributes.map((attribute) => [attribute.key, attribute]))
  for (const [key, value] of Object.entries(object.attributes)) {
    const attribute = known.get(key)
    if (attribute === undefined) yield `class “${spec.name}” has no attribute “${key}”`
    else if (!fits(value, attribute)) yield `“${key}” ${remedy(attribute)}`
  }
  for (const attribute of spec.attributes)
    if (attribute.required && !(attribute.key in object.attributes)) yield `“${attribute.key}” is missing`
}

function fits(value: AttributeValue, { kind, choices }: AttributeSpec): boolean {
  switch (kind) {
    case 'boolean':
      return typeof value === 'boolean'
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'text':
      return typeof value === 'string'
    case 'choice':
      return typeof value === 'string' && choices.includes(value)
  }
}

function remedy({ kind, choices }: AttributeSpec): string {
  if (kind === 'choice') return `must be one of: ${choices.join(', ')}`
  return { boolean: 'must be yes or no', number: 'must be a number', text: 'must be a text' }[kind]
}
