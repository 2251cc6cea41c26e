/** A project's classes and their attributes, as a lease shows them. */

export interface AttributeSpec {
  readonly key: string
  readonly kind: 'boolean' | 'number' | 'text' | 'choice'
  readonly choices: readonly string[]
  readonly required: boolean
}

export interface ClassSpec {
  readonly class_id: number
  readonly name: string
  /** `#rrggbb` */
  readonly colour: string
  readonly attributes: readonly AttributeSpec[]
  /** A retired class is shown where it was used and is not offered for new objects. */
  readonly retired?: boolean
}

export interface Ontology {
  readonly classes: readonly ClassSpec[]
}

/** The class with an id, or null: old work may name a class that this version does not have. */
export const findClass = (ontology: Ontology, classId: number): ClassSpec | null =>
  ontology.classes.find(({ class_id }) => class_id === classId) ?? null

export const offeredClasses = (ontology: Ontology): readonly ClassSpec[] =>
  ontology.classes.filter(({ retired }) => !retired)
