/** Draws polygons point by point. Pressed with Alt inside a selected polygon, the first point begins a hole in it. */

import {
  type ImagePoint,
  type PolygonShape,
  canonicalRing,
  clampToImage,
  crossesPath,
  distance,
  findPolygonFault,
  isFlat,
  isInPolygon,
  polygonShape,
} from '@/geometry'
import { add, newObject, reshape } from '@/document'
import { type Effect, type Pointer, type Scene, type Tool, NOTHING, isClick, reachOf, refusal } from './tool'

interface HoleIn {
  readonly id: string
  readonly polygon: PolygonShape
}

export function createPolygonTool(): Tool {
  let points: readonly ImagePoint[] = []
  let hole: HoleIn | null = null
  let pressed: Pointer | null = null
  let hover: ImagePoint | null = null
  let isNearFirst = false

  const cancel = (): boolean => {
    const wasDrawing = points.length > 0
    points = []
    hole = pressed = hover = null
    isNearFirst = false
    return wasDrawing
  }

  const closes = (pointer: Pointer, scene: Scene): boolean => {
    const first = points[0]
    return points.length >= 3 && first !== undefined && distance(first, pointer.at) <= reachOf(pointer, scene.view)
  }

  const close = (scene: Scene): readonly Effect[] => {
    const ring = canonicalRing(points)
    if (isFlat(ring)) return [{ kind: 'say', text: 'An outline needs three points that are not on one line.' }]
    const shape = hole ? withHole(hole.polygon, ring) : polygonShape(ring)
    if (findPolygonFault(shape)) {
      const text = hole
        ? 'The hole must lie inside the outline and cross nothing; Backspace takes the last point back.'
        : 'The outline would cross itself; Backspace takes the last point back.'
      return [{ kind: 'say', text }]
    }
    const effects = hole ? cut(hole.id, shape) : create(shape, scene)
    cancel()
    return effects
  }

  const takeBack = (): readonly Effect[] | null => {
    if (points.length === 0) return null
    points = points.slice(0, -1)
    if (points.length === 0) cancel()
    return NOTHING
  }

  return {
    id: 'polygon',
    down: (pointer, scene) => {
      const refused = refusal(scene)
      if (refused) return refused
      pressed = pointer
      return NOTHING
    },
    move: (pointer, scene) => {
      hover = clampToImage(pointer.at, scene.image)
      isNearFirst = closes(pointer, scene)
      return NOTHING
    },
    up: (pointer, scene) => {
      const from = pressed
      pressed = null
      if (from === null || !isClick(from, pointer)) return NOTHING
      // The first press of a double click has set its point already.
      if (closes(from, scene) || (from.clicks >= 2 && points.length >= 3)) return close(scene)
      if (points.length === 0 && from.alt) hole = polygonUnder(from, scene)
      points = [...points, clampToImage(from.at, scene.image)]
      return NOTHING
    },
    key: (key, scene) => {
      if (points.length === 0) return null
      if (key === 'enter') return close(scene)
      if (key === 'backspace' || key === 'undo') return takeBack()
      return key === 'escape' && cancel() ? NOTHING : null
    },
    cancel,
    draw: () => {
      if (points.length === 0) return {}
      const next = hover && !isNearFirst ? [hover] : []
      const isCrossing = hover !== null && crossesPath(points, isNearFirst ? (points[0] ?? hover) : hover)
      return {
        lines: [{ points: [...points, ...next], isClosed: isNearFirst, look: isCrossing ? 'warning' : 'draft' }],
        handles: points.map((at, i) => ({ at, kind: i === 0 && isNearFirst ? 'held' : 'vertex' })),
      }
    },
    hint: () => {
      if (points.length === 0)
        return { title: 'Polygon', rest: ['click along the outline', { key: 'Alt' }, 'inside a selected one: a hole'] }
      const what = hole ? 'Hole' : 'Polygon'
      return {
        title: `${what} · ${String(points.length)} ${points.length === 1 ? 'point' : 'points'}`,
        rest: [{ key: 'Enter' }, 'close', { key: '⌫' }, 'last point back', { key: 'Esc' }, 'cancel'],
      }
    },
    cursor: () => 'crosshair',
  }
}

function polygonUnder(pointer: Pointer, scene: Scene): HoleIn | null {
  const [id, ...others] = scene.selection
  const shape = id === undefined || others.length ? undefined : scene.document.byId.get(id)?.shape
  return id !== undefined && shape?.type === 'polygon' && isInPolygon(pointer.at, shape) ? { id, polygon: shape } : null
}

/** Add a hole to the part that it lies in. */
function withHole(polygon: PolygonShape, ring: readonly ImagePoint[]): PolygonShape {
  const first = ring[0]
  const into = polygon.parts.findIndex(
    (part) => first !== undefined && isInPolygon(first, { type: 'polygon', parts: [part] }),
  )
  return { ...polygon, parts: polygon.parts.map((part, i) => (i === Math.max(into, 0) ? [...part, ring] : part)) }
}

const cut = (id: string, shape: PolygonShape): readonly Effect[] => [{ kind: 'command', command: reshape(id, shape) }]

function create(shape: PolygonShape, scene: Scene): readonly Effect[] {
  if (scene.activeClass === null) return NOTHING
  const object = newObject(scene.newId(), scene.activeClass.class_id, shape)
  return [
    { kind: 'command', command: add(object) },
    { kind: 'select', ids: [object.id] },
  ]
}
