// Names and colours of a project's classes; an id that the ontology does not know still gets both.

import type { ClassSpec } from './schema'

const UNKNOWN_COLOUR = '#a9b6c4'

export type ClassLook = { readonly name: string; readonly colour: string }

export function classLook(classes: readonly ClassSpec[], classId: number): ClassLook {
  const found = classes.find((c) => c.class_id === classId)
  return found
    ? { name: found.name, colour: found.colour }
    : { name: `class ${classId}`, colour: UNKNOWN_COLOUR }
}
