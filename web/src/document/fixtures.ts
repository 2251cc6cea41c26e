/** Objects for the tests of the document and of what builds on it. */

import { boxShape } from '@/geometry'
import { type LabelObject, type Origin } from './objects'
import type { ClassSpec, Ontology } from './ontology'

export const CAR: ClassSpec = {
  class_id: 1,
  name: 'car',
  colour: '#4cc2ff',
  attributes: [
    { key: 'occluded', kind: 'boolean', choices: [], required: false },
    { key: 'view', kind: 'choice', choices: ['front', 'back'], required: false },
  ],
}

export const TRUCK: ClassSpec = {
  class_id: 2,
  name: 'truck',
  colour: '#ffb454',
  attributes: [
    { key: 'occluded', kind: 'boolean', choices: [], required: false },
    { key: 'axles', kind: 'number', choices: [], required: true },
  ],
}

export const ONTOLOGY: Ontology = { classes: [CAR, TRUCK] }

export const PICTURE = { width: 200, height: 100 }

export const objectOf = (id: string, more: Partial<LabelObject> = {}): LabelObject => ({
  id,
  class_id: 1,
  shape: boxShape({ x0: 10, y0: 10, x1: 20, y1: 20 }),
  attributes: {},
  origin: 'drawn',
  derived_from: [],
  ...more,
})

export const preLabel = (id: string, score: number, origin: Origin = 'model'): LabelObject =>
  objectOf(id, { origin, score })
