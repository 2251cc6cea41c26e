/** How objects look. Lengths are screen pixels. */

import { type LabelObject, type Ontology, findClass, isUnchecked } from '@/document'

export interface Look {
  readonly colour: string
  readonly fillAlpha: number
  readonly isDashed: boolean
}

export const STROKE_PX = 1.6
export const SELECTED_STROKE_PX = 2.25
export const HALO_PX = 4.75
export const DASH_PX: readonly number[] = [5, 4]
export const HANDLE_RADIUS_PX = 4
export const INK = '#07090c'
export const BAD = '#ff6b6b'
export const GOOD = '#3ecf8e'

/** For objects of a class that this version of the project does not have. */
const UNKNOWN_COLOUR = '#a9b6c4'

export const colourOf = (ontology: Ontology, classId: number): string =>
  findClass(ontology, classId)?.colour ?? UNKNOWN_COLOUR

export const nameOf = (ontology: Ontology, classId: number): string =>
  findClass(ontology, classId)?.name ?? `class ${String(classId)}`

export function lookOf(object: LabelObject, ontology: Ontology): Look {
  const isPending = isUnchecked(object)
  return { colour: colourOf(ontology, object.class_id), fillAlpha: isPending ? 0.1 : 0.22, isDashed: isPending }
}

/** `0.94` as `.94`, short enough for a label on the picture. */
export const shortScore = (score: number): string => (score >= 0.995 ? '1.0' : score.toFixed(2).slice(1))

/** A colour (`#rrggbb`) that is seen through. */
export const withAlpha = (colour: string, alpha: number): string =>
  colour +
  Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')
