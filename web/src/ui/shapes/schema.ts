// Labelled things as the API sends them, for everything that draws them without editing them.

import type { components } from '@/api/schema'
import type { Shape } from '@/geometry/shapes'

type Schemas = components['schemas']

export type WireObject = Schemas['LabelObject']
/** What drawing needs of a class. */
export type ClassSpec = Readonly<Pick<Schemas['ClassSpec'], 'class_id' | 'name' | 'colour'>>

// The wire's points are plain pairs; the geometry's only add which frame they live in.
export const shapeOf = (object: WireObject): Shape => object.shape as unknown as Shape
