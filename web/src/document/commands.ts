/** What a person can do to a document, and the edits it comes to. Tools say commands; only edits change documents. */

import { type Shape, canonicalShape } from '@/geometry'
import type { Edit, LabelDocument } from './document'
import type { ClassSpec } from './ontology'
import { type AttributeValue, type LabelObject, isUnchecked, originAfterEdit } from './objects'

export type Command =
  | { readonly kind: 'add'; readonly objects: readonly LabelObject[] }
  | { readonly kind: 'remove'; readonly ids: readonly string[] }
  | { readonly kind: 'reshape'; readonly shapes: ReadonlyMap<string, Shape> }
  | {
      readonly kind: 'set_class'
      readonly ids: readonly string[]
      readonly classId: number
      /** Attributes that the new class has too; the others go. */
      readonly keeps: readonly string[]
    }
  | {
      readonly kind: 'set_attribute'
      readonly ids: readonly string[]
      readonly key: string
      /** Null takes the attribute away. */
      readonly value: AttributeValue | null
    }
  | { readonly kind: 'accept'; readonly ids: readonly string[] }
  | { readonly kind: 'reject'; readonly ids: readonly string[] }
  | { readonly kind: 'together'; readonly commands: readonly Command[] }

export const add = (...objects: readonly LabelObject[]): Command => ({ kind: 'add', objects })
export const remove = (ids: readonly string[]): Command => ({ kind: 'remove', ids })
export const reshape = (id: string, shape: Shape): Command => ({ kind: 'reshape', shapes: new Map([[id, shape]]) })
export const setClass = (ids: readonly string[], to: ClassSpec): Command => ({
  kind: 'set_class',
  ids,
  classId: to.class_id,
  keeps: to.attributes.map(({ key }) => key),
})
export const accept = (ids: readonly string[]): Command => ({ kind: 'accept', ids })
export const reject = (ids: readonly string[]): Command => ({ kind: 'reject', ids })

/** Say what a command did, for the undo button and the live region. */
export function describe(command: Command): string {
  switch (command.kind) {
    case 'add':
      return `${count(command.objects.length)} added`
    case 'remove':
      return `${count(command.ids.length)} deleted`
    case 'reshape':
      return 'shape changed'
    case 'set_class':
      return 'class changed'
    case 'set_attribute':
      return `${command.key.replaceAll('_', ' ')} changed`
    case 'accept':
      return `${preLabels(command.ids.length)} accepted`
    case 'reject':
      return `${preLabels(command.ids.length)} deleted`
    case 'together':
      return command.commands.map(describe).join(', ')
  }
}

const count = (n: number): string => (n === 1 ? 'object' : `${String(n)} objects`)
const preLabels = (n: number): string => (n === 1 ? 'pre-label' : `${String(n)} pre-labels`)

/**
 * The edits that a command comes to; none when it would change nothing. Objects that are not there are passed over,
 * `accept` and `reject` touch only unchecked pre-labels, and foreign shapes keep their form.
 */
export function editsOf(document: LabelDocument, command: Command): readonly Edit[] {
  switch (command.kind) {
    case 'add':
      return addition(document, command.objects)
    case 'remove':
      return removal(document, command.ids)
    case 'reject':
      return removal(
        document,
        command.ids.filter((id) => isUncheckedId(document, id)),
      )
    case 'reshape':
      return change(document, [...command.shapes.keys()], (object) => reshaped(object, command.shapes.get(object.id)))
    case 'set_class':
      return change(document, command.ids, (object) => withClass(object, command.classId, command.keeps))
    case 'set_attribute':
      return change(document, command.ids, (object) => withAttribute(object, command.key, command.value))
    case 'accept':
      return change(document, command.ids, (object) =>
        isUnchecked(object) ? { ...object, origin: 'prelabel_accepted' } : object,
      )
    case 'together':
      throw new TypeError('commands that belong together are carried out one by one')
  }
}

const isUncheckedId = (document: LabelDocument, id: string): boolean => {
  const object = document.byId.get(id)
  return object !== undefined && isUnchecked(object)
}

function addition(document: LabelDocument, objects: readonly LabelObject[]): readonly Edit[] {
  return objects
    .filter(({ id }) => !document.byId.has(id))
    .map((after, i) => ({ id: after.id, index: document.objects.length + i, before: null, after }))
}

/** From the back to the front, so that each index holds when its turn comes. */
function removal(document: LabelDocument, ids: readonly string[]): readonly Edit[] {
  const gone = new Set(ids)
  return document.objects
    .flatMap((before, index): Edit[] => (gone.has(before.id) ? [{ id: before.id, index, before, after: null }] : []))
    .reverse()
}

function change(
  document: LabelDocument,
  ids: readonly string[],
  to: (object: LabelObject) => LabelObject,
): readonly Edit[] {
  const wanted = new Set(ids)
  return document.objects.flatMap((before, index): Edit[] => {
    if (!wanted.has(before.id)) return []
    const after = to(before)
    return after === before ? [] : [{ id: before.id, index, before, after }]
  })
}

function reshaped(object: LabelObject, shape: Shape | undefined): LabelObject {
  if (shape === undefined || shape === object.shape || object.shape.type === 'foreign') return object
  return { ...object, shape: canonicalShape(shape), origin: originAfterEdit(object.origin) }
}

function withClass(object: LabelObject, classId: number, keeps: readonly string[]): LabelObject {
  if (object.class_id === classId) return object
  const attributes = Object.fromEntries(Object.entries(object.attributes).filter(([key]) => keeps.includes(key)))
  return { ...object, class_id: classId, attributes, origin: originAfterEdit(object.origin) }
}

function withAttribute(object: LabelObject, key: string, value: AttributeValue | null): LabelObject {
  if ((object.attributes[key] ?? null) === value) return object
  const others = Object.entries(object.attributes).filter(([other]) => other !== key)
  const attributes = Object.fromEntries(value === null ? others : [...others, [key, value]])
  return { ...object, attributes, origin: originAfterEdit(object.origin) }
}
