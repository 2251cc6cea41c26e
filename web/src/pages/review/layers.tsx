// What is drawn over the pictures of a review: merged objects, versions, where they differ, and what is being drawn.
import { useId } from 'react'
import { grow, shapeBounds, union, type Bounds, type ImagePoint } from '@/geometry'
import type { HandleKind, Sketch } from '@/tools'
import { classLook } from '@/ui/shapes/classes'
import { outlineOf } from '@/ui/shapes/outlines'
import { shapeOf, type ClassSpec, type WireObject } from '@/ui/shapes/schema'
import classes from './pictures.module.css'
import { isContested, settledObject, type Choices, type Contested } from './verdicts'

interface ShapeProps {
  object: WireObject
  ontology: readonly ClassSpec[]
  look?: 'plain' | 'selected' | 'removed' | 'overlay'
  onSelect?: (() => void) | undefined
}

export function ObjectShape({ object, ontology, look = 'plain', onSelect }: ShapeProps) {
  const outline = outlineOf(shapeOf(object))
  if (outline === null) return null
  const { colour } = classLook(ontology, object.class_id)
  const kind = outline.dots ? classes.dots : classes.line
  return (
    <g className={classes.object} data-look={look} data-object={object.id} onClick={onSelect}>
      {outline.fill === null ? null : <path className={classes.fill} d={outline.fill} fill={colour} />}
      {look === 'selected' ? <path className={`${kind ?? ''} ${classes.halo ?? ''}`} d={outline.stroke} /> : null}
      <path className={kind} d={outline.stroke} stroke={colour} />
    </g>
  )
}

interface MainProps {
  objects: readonly Contested[]
  choices: Choices
  ontology: readonly ClassSpec[]
  answers: number
  selected: string | null
  /** Drawn by a tool in another form: left out here. */
  editing: string | null
  overlay: boolean
  hatch: string
  onSelect: (id: string) => void
}

export function MainShapes(props: MainProps) {
  const { objects, choices, ontology, selected, editing, overlay, onSelect } = props
  const chosen = objects.find((o) => o.object.id === selected)
  return (
    <>
      {objects.filter(isContested).map((o) => (
        <Difference key={o.object.id} object={o} answers={props.answers} hatch={props.hatch} answered={o.object.id in choices.byObject} />
      ))}
      {objects.map((o) => {
        const { id } = o.object
        if (id === editing) return null
        const settled = settledObject(o, choices.byObject[id])
        const look = settled === null ? 'removed' : id === selected ? 'selected' : 'plain'
        return (
          <ObjectShape
            key={id}
            object={settled ?? o.object}
            ontology={ontology}
            look={look}
            onSelect={() => {
              onSelect(id)
            }}
          />
        )
      })}
      {choices.added.map((object) =>
        object.id === editing ? null : (
          <ObjectShape
            key={object.id}
            object={object}
            ontology={ontology}
            look={object.id === selected ? 'selected' : 'plain'}
            onSelect={() => {
              onSelect(object.id)
            }}
          />
        ),
      )}
      {overlay
        ? chosen?.versions.map((v) => <ObjectShape key={v.lease_id} object={v.object} ontology={ontology} look="overlay" />)
        : null}
    </>
  )
}

/** Room (image px) around things without an area, so that their difference can be seen. */
const AROUND_PX = 6

interface DifferenceProps {
  object: Contested
  answers: number
  hatch: string
  answered: boolean
}

/**
 * Hatched where some versions have the object and others have not. When all drew the same place, or somebody drew
 * nothing, the whole of it is in question.
 */
function Difference({ object, answers, hatch, answered }: DifferenceProps) {
  const id = useId()
  const place = placeOf(object)
  if (place === null) return null
  const fills = object.versions.flatMap((v) => outlineOf(shapeOf(v.object))?.fill ?? [])
  if (fills.length === 0) return <Surrounding place={place} hatch={hatch} answered={answered} />
  const whole = fills.length < answers || !object.causes.some((cause) => cause === 'boundary' || cause === 'split_merge')
  const common = (at: number) => `${id}-${at}`
  const { x0, y0, x1, y1 } = grow(place, 1)
  return (
    <g className={classes.difference} data-answered={answered || undefined} data-whole={whole || undefined}>
      {whole ? null : (
        <defs>
          {fills.map((d, at) => (
            <clipPath key={at} id={common(at)} clipPath={at === 0 ? undefined : `url(#${common(at - 1)})`}>
              <path d={d} clipRule="evenodd" />
            </clipPath>
          ))}
          <mask id={`${id}-mask`} maskUnits="userSpaceOnUse" x={x0} y={y0} width={x1 - x0} height={y1 - y0}>
            {fills.map((d, at) => (
              <path key={at} d={d} fill="#fff" fillRule="evenodd" />
            ))}
            <path d={fills.at(-1)} fill="#000" fillRule="evenodd" clipPath={fills.length > 1 ? `url(#${common(fills.length - 2)})` : undefined} />
          </mask>
        </defs>
      )}
      <g mask={whole ? undefined : `url(#${id}-mask)`}>
        {(whole ? fills.slice(0, 1) : fills).map((d, at) => (
          <path key={at} d={d} fill={hatch} fillRule="evenodd" />
        ))}
      </g>
    </g>
  )
}

function Surrounding({ place, hatch, answered }: { place: Bounds; hatch: string; answered: boolean }) {
  const { x0, y0, x1, y1 } = grow(place, AROUND_PX)
  return (
    <g className={classes.difference} data-answered={answered || undefined}>
      <rect x={x0} y={y0} width={x1 - x0} height={y1 - y0} fill={hatch} />
    </g>
  )
}

/** Where an object is, over all its versions; null for a tag. */
export function placeOf(object: Contested): Bounds | null {
  const all = [object.object, ...object.versions.map((v) => v.object)]
  return all.reduce<Bounds | null>((found, one) => union(found, shapeBounds(shapeOf(one))), null)
}

interface PaneProps {
  objects: readonly Contested[]
  leaseId: number
  ontology: readonly ClassSpec[]
  selected: string | null
  onSelect: (id: string) => void
}

/** What one person drew, and a dashed frame around the place in question. */
export function PaneShapes({ objects, leaseId, ontology, selected, onSelect }: PaneProps) {
  const chosen = objects.find((o) => o.object.id === selected)
  const place = chosen === undefined || !isContested(chosen) ? null : placeOf(chosen)
  return (
    <>
      {objects.flatMap((o) =>
        o.versions
          .filter((v) => v.lease_id === leaseId)
          .map((v) => (
            <ObjectShape
              key={v.object.id}
              object={v.object}
              ontology={ontology}
              onSelect={() => {
                onSelect(o.object.id)
              }}
            />
          )),
      )}
      {place === null ? null : <Frame place={place} />}
    </>
  )
}

function Frame({ place }: { place: Bounds }) {
  const margin = 0.08 * Math.max(place.x1 - place.x0, place.y1 - place.y0, AROUND_PX)
  const { x0, y0, x1, y1 } = grow(place, margin)
  return <rect className={classes.frame} x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
}

const lineOf = (points: readonly ImagePoint[], closed: boolean): string =>
  points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('') + (closed ? 'Z' : '')

const HANDLE_CLASS: Readonly<Record<HandleKind, string>> = {
  corner: 'corner',
  vertex: 'corner',
  midpoint: 'midpoint',
  held: 'held',
}

/** What the tool in hand shows: the object that it edits, lines under way, handles. */
export function SketchLayer({ sketch, edited, ontology }: { sketch: Sketch; edited: WireObject | null; ontology: readonly ClassSpec[] }) {
  const changed = edited === null ? undefined : sketch.changed?.get(edited.id)
  const shown = edited === null || changed === undefined ? edited : { ...edited, shape: changed as WireObject['shape'] }
  return (
    <>
      {shown === null ? null : <ObjectShape object={shown} ontology={ontology} look="selected" />}
      {sketch.lines?.map((line, at) => (
        <path key={at} className={classes.draft} data-look={line.look} d={lineOf(line.points, line.isClosed)} />
      ))}
      {sketch.handles?.map(({ at: [x, y], kind }, at) => (
        <path key={at} className={classes.handle} data-kind={HANDLE_CLASS[kind]} d={`M${x} ${y}h0`} />
      ))}
    </>
  )
}
