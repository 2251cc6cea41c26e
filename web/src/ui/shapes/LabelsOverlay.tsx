// Labels drawn over a picture that is scaled by its box: final ones solid, a model's dashed.

import { shapeBounds } from '@/geometry'
import { shapeOf, type ClassSpec, type WireObject } from './schema'
import { classLook } from './classes'
import { outlineOf, type Outline } from './outlines'
import classes from './shapes.module.css'

/** Beyond this many objects only outlines are drawn, one path for each class: a grid shows dozens of pictures. */
const SINGLE_LIMIT = 300
/** More scores than this cover the picture. */
const SCORED_LIMIT = 40
/** Of a score's letters, as a share of the picture's width. */
const SCORE_HEIGHT = 0.033

interface Props {
  size: { width: number; height: number }
  objects: readonly WireObject[]
  kind: 'final' | 'prelabels'
  ontology: readonly ClassSpec[]
  /** As the picture below is fitted into the same box. */
  fit: 'cover' | 'contain'
  /** Print how sure the model was beside each object. */
  scores?: boolean
}

export function LabelsOverlay({ size, objects, kind, ontology, fit, scores = false }: Props) {
  return (
    <svg
      className={classes.overlay}
      viewBox={`0 0 ${size.width} ${size.height}`}
      preserveAspectRatio={fit === 'cover' ? 'xMidYMid slice' : 'xMidYMid meet'}
      aria-hidden="true"
      data-kind={kind}
    >
      {objects.length > SINGLE_LIMIT ? <Merged objects={objects} ontology={ontology} /> : null}
      {objects.length <= SINGLE_LIMIT
        ? objects.map((object) => <Single key={object.id} object={object} ontology={ontology} />)
        : null}
      {scores && objects.length <= SCORED_LIMIT
        ? objects.map((object) => <Score key={object.id} object={object} height={size.width * SCORE_HEIGHT} />)
        : null}
    </svg>
  )
}

function Score({ object, height }: { object: WireObject; height: number }) {
  const place = shapeBounds(shapeOf(object))
  if (place === null || typeof object.score !== 'number') return null
  return (
    <text className={classes.score} x={place.x0} y={Math.max(place.y0 - 0.25 * height, height)} fontSize={height}>
      {object.score.toFixed(2)}
    </text>
  )
}

function Single({ object, ontology }: { object: WireObject; ontology: readonly ClassSpec[] }) {
  const outline = outlineOf(shapeOf(object))
  if (outline === null) return null
  return <OutlinePaths outline={outline} colour={classLook(ontology, object.class_id).colour} />
}

/** The inside and the border of one shape in a colour; the width of the border does not scale. */
export function OutlinePaths({ outline, colour }: { outline: Outline; colour: string }) {
  return (
    <>
      {outline.fill === null ? null : <path className={classes.fill} d={outline.fill} fill={colour} />}
      <path className={outline.dots ? classes.dots : classes.stroke} d={outline.stroke} stroke={colour} />
    </>
  )
}

function Merged({ objects, ontology }: { objects: readonly WireObject[]; ontology: readonly ClassSpec[] }) {
  const paths = new Map<number, string[]>()
  for (const object of objects) {
    const outline = outlineOf(shapeOf(object))
    if (outline === null) continue
    const found = paths.get(object.class_id)
    if (found) found.push(outline.stroke)
    else paths.set(object.class_id, [outline.stroke])
  }
  return [...paths].map(([classId, parts]) => (
    <path key={classId} className={classes.stroke} d={parts.join('')} stroke={classLook(ontology, classId).colour} />
  ))
}
