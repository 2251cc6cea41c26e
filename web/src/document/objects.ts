/** Labelled things as the API writes them, and reading them from and writing them to it. */

import { type Shape, canonicalShape } from '@/geometry'

/** Where an object came from; the server's `Origin`. */
export type Origin =
  'drawn' | 'assisted' | 'prelabel_accepted' | 'prelabel_edited' | 'consensus' | 'review' | 'model' | 'import'

export type AttributeValue = boolean | number | string

export interface LabelObject {
  readonly id: string
  readonly class_id: number
  readonly shape: Shape
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly origin: Origin
  readonly derived_from: readonly string[]
  /** In [0, 1]; only a model gives one. */
  readonly score?: number
}

/** An object as it travels. Its shape may be of a kind that this program does not know. */
export interface WireObject {
  readonly id: string
  readonly class_id: number
  readonly shape: { readonly type?: string }
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  readonly origin?: string
  readonly derived_from?: readonly string[]
  readonly score?: number | null
}

const KNOWN_SHAPES: ReadonlySet<string> = new Set<Exclude<Shape['type'], 'foreign'>>([
  'box',
  'rotated_box',
  'polygon',
  'mask',
  'points',
  'polyline',
  'tag',
])

/**
 * Read an object of the API. Fields that this program does not know stay on it, unknown shapes are wrapped, and absent
 * values are left out as the server's canonical form does: what was drawn here reads the same when it comes back.
 */
export function readObject({ score, ...wire }: WireObject): LabelObject {
  return {
    ...wire,
    shape: isKnownShape(wire.shape) ? wire.shape : { type: 'foreign', wire: wire.shape as Record<string, unknown> },
    attributes: wire.attributes ?? {},
    origin: (wire.origin ?? 'drawn') as Origin,
    derived_from: wire.derived_from ?? [],
    ...(typeof score === 'number' ? { score } : {}),
  }
}

/** Write an object for the API; the inverse of `readObject`. */
export function writeObject(object: LabelObject): WireObject {
  return { ...object, shape: object.shape.type === 'foreign' ? object.shape.wire : object.shape }
}

const isKnownShape = (shape: { readonly type?: string }): shape is Shape =>
  shape.type !== undefined && KNOWN_SHAPES.has(shape.type)

/** What a model or an import proposed and nobody has looked at: not yet part of the answer. */
export const isUnchecked = (object: LabelObject): boolean => object.origin === 'model' || object.origin === 'import'

/** A new object of a person; its shape is rounded as the server will round it. */
export function newObject(
  id: string,
  classId: number,
  shape: Shape,
  origin: 'drawn' | 'assisted' = 'drawn',
): LabelObject {
  return { id, class_id: classId, shape: canonicalShape(shape), attributes: {}, origin, derived_from: [] }
}

/** The origin of an object once a person has changed it. Its id stays: it is the same thing at a later stage. */
export function originAfterEdit(origin: Origin): Origin {
  return origin === 'model' || origin === 'import' || origin === 'prelabel_accepted' ? 'prelabel_edited' : origin
}
