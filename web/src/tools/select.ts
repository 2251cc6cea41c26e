/** Selects, moves and edits: whole objects, box handles, vertices, and midpoints that become vertices. */

import {
  type BoxHandle,
  type ImagePoint,
  type PolygonShape,
  type Shape,
  boundsBetween,
  boxShape,
  clampToImage,
  cornersOf,
  deleteVertex,
  distance,
  dragBoxHandle,
  imagePoint,
  insertVertex,
  isMovable,
  moveShapeInside,
  moveVertex,
} from '@/geometry'
import { type Command, remove } from '@/document'
import { type Grip, gripAt, gripsOf } from './grips'
import { type Effect, type Pointer, type Scene, type Sketch, type Tool, NOTHING, isClick, reachOf } from './tool'

type Gesture =
  | { readonly kind: 'press'; readonly from: Pointer; readonly id: string | null }
  | { readonly kind: 'move'; readonly from: Pointer; readonly shapes: ReadonlyMap<string, Shape> }
  | { readonly kind: 'grip'; readonly from: Pointer; readonly id: string; readonly shape: Shape; readonly grip: Grip }
  | { readonly kind: 'band'; readonly from: Pointer; readonly to: ImagePoint }

interface HeldVertex {
  readonly id: string
  readonly shape: Shape
  readonly grip: Grip
}

export function createSelectTool(): Tool {
  let gesture: Gesture | null = null
  let changed: ReadonlyMap<string, Shape> = new Map()
  let held: HeldVertex | null = null
  let hoverCursor: 'default' | 'move' | 'pointer' = 'default'
  /** Where was clicked last, and what was chosen there: the next click at the place takes the object below. */
  let lastClick: { readonly at: Pointer; readonly id: string } | null = null

  const cancel = (): boolean => {
    const wasBusy = gesture !== null || held !== null
    gesture = held = null
    changed = new Map()
    return wasBusy
  }

  const heldNow = (scene: Scene): HeldVertex | null =>
    held && scene.selection.includes(held.id) && scene.document.byId.get(held.id)?.shape === held.shape ? held : null

  const down = (pointer: Pointer, scene: Scene): readonly Effect[] => {
    const target = selectedTarget(scene)
    const grip = target && gripAt(pointer, target.shape, scene.view)
    held = null
    if (target && grip) {
      if (pointer.alt && grip.kind === 'vertex') return takeVertex(target, grip)
      if (pointer.clicks >= 2 && grip.kind === 'midpoint')
        return commandFor(target.id, insertAt(target.shape, grip, grip.at))
      gesture = { kind: 'grip', from: pointer, ...target, grip }
      return NOTHING
    }
    const hits = scene.hits(pointer.at, reachOf(pointer, scene.view))
    // What is selected already may be dragged although something smaller lies on it.
    const id = hits.find((hit) => scene.selection.includes(hit)) ?? hits[0] ?? null
    gesture = { kind: 'press', from: pointer, id }
    return NOTHING
  }

  const move = (pointer: Pointer, scene: Scene): readonly Effect[] => {
    if (gesture === null) {
      hoverCursor = cursorAt(pointer, scene)
      return NOTHING
    }
    const effects = gesture.kind === 'press' && !isClick(gesture.from, pointer) ? begin(gesture, scene) : NOTHING
    if (gesture.kind === 'move') changed = movedBy(gesture, pointer, scene)
    else if (gesture.kind === 'grip' && (changed.size > 0 || !isClick(gesture.from, pointer)))
      changed = new Map([[gesture.id, dragGrip(gesture, pointer, scene)]])
    else if (gesture.kind === 'band') gesture = { ...gesture, to: clampToImage(pointer.at, scene.image) }
    return effects
  }

  /** A press became a drag: of the object under it, or of a band over nothing. */
  const begin = (press: Gesture & { kind: 'press' }, scene: Scene): readonly Effect[] => {
    const isKept = press.id !== null && scene.selection.includes(press.id)
    const ids = isKept ? scene.selection : press.id === null ? [] : [press.id]
    const shapes = new Map(
      ids.flatMap((id): [string, Shape][] => {
        const shape = scene.document.byId.get(id)?.shape
        return shape && isMovable(shape) && !scene.isReadOnly ? [[id, shape]] : []
      }),
    )
    gesture =
      press.id === null
        ? { kind: 'band', from: press.from, to: press.from.at }
        : { kind: 'move', from: press.from, shapes }
    return isKept || press.id === null ? NOTHING : [{ kind: 'select', ids }]
  }

  const up = (pointer: Pointer, scene: Scene): readonly Effect[] => {
    const ended = gesture
    const edited = changed
    gesture = null
    changed = new Map()
    switch (ended?.kind) {
      case 'press':
        return click(ended, scene)
      case 'grip':
        if (edited.size > 0) return [reshapeAll(edited)]
        if (ended.grip.kind === 'vertex') held = { id: ended.id, shape: ended.shape, grip: ended.grip }
        return NOTHING
      case 'move':
        return edited.size > 0 ? [reshapeAll(edited)] : NOTHING
      case 'band': {
        const ids = scene.inside(ended.from.at, clampToImage(pointer.at, scene.image))
        return [{ kind: 'select', ids: ended.from.shift ? [...new Set([...scene.selection, ...ids])] : ids }]
      }
      case undefined:
        return NOTHING
    }
  }

  const click = (press: Gesture & { kind: 'press' }, scene: Scene): readonly Effect[] => {
    const hits = scene.hits(press.from.at, reachOf(press.from, scene.view))
    if (press.from.shift) return toggle(hits[0], scene)
    const again = lastClick && isClick(lastClick.at, press.from) ? hits.indexOf(lastClick.id) : -1
    const id = hits[(again + 1) % Math.max(hits.length, 1)]
    lastClick = id === undefined ? null : { at: press.from, id }
    return [{ kind: 'select', ids: id === undefined ? [] : [id] }]
  }

  return {
    id: 'select',
    down,
    move,
    up,
    key: (key, scene) => {
      if (key === 'escape') return cancel() ? NOTHING : scene.selection.length ? [{ kind: 'select', ids: [] }] : null
      if ((key !== 'delete' && key !== 'backspace') || scene.isReadOnly) return null
      const vertex = heldNow(scene)
      held = null
      if (vertex) return takeVertex(vertex, vertex.grip)
      return scene.selection.length ? [{ kind: 'command', command: remove(scene.selection) }] : null
    },
    cancel,
    draw: (scene) => draw(scene, gesture, changed, heldNow(scene)),
    hint: (scene) => {
      if (heldNow(scene)) return { title: 'Vertex', rest: [{ key: 'Del' }, 'delete it', { key: 'Esc' }, 'let go'] }
      if (scene.selection.length === 0)
        return { title: 'Select', rest: ['click an object; click again for the one below it'] }
      return { title: 'Edit', rest: ['drag to move, points to reshape', { key: 'Alt' }, 'click removes a point'] }
    },
    cursor: () => (gesture?.kind === 'move' || gesture?.kind === 'grip' ? 'move' : hoverCursor),
  }
}

interface Target {
  readonly id: string
  readonly shape: Shape
}

/** The one selected object, when it may be edited. */
function selectedTarget(scene: Scene): Target | null {
  const [id, ...others] = scene.selection
  const shape = id === undefined || others.length || scene.isReadOnly ? undefined : scene.document.byId.get(id)?.shape
  return id !== undefined && shape ? { id, shape } : null
}

function cursorAt(pointer: Pointer, scene: Scene): 'default' | 'move' | 'pointer' {
  const target = selectedTarget(scene)
  if (target && gripAt(pointer, target.shape, scene.view)) return 'move'
  return scene.hits(pointer.at, reachOf(pointer, scene.view)).length ? 'pointer' : 'default'
}

function toggle(id: string | undefined, scene: Scene): readonly Effect[] {
  if (id === undefined) return NOTHING
  const isSelected = scene.selection.includes(id)
  return [
    { kind: 'select', ids: isSelected ? scene.selection.filter((other) => other !== id) : [...scene.selection, id] },
  ]
}

function movedBy(
  { from, shapes }: Gesture & { kind: 'move' },
  pointer: Pointer,
  scene: Scene,
): ReadonlyMap<string, Shape> {
  const [dx, dy] = [pointer.at[0] - from.at[0], pointer.at[1] - from.at[1]]
  return new Map([...shapes].map(([id, shape]) => [id, moveShapeInside(shape, dx, dy, scene.image)]))
}

/** The grip keeps its distance from the pointer, so that it does not jump when it is taken beside its middle. */
function dragGrip({ from, shape, grip }: Gesture & { kind: 'grip' }, pointer: Pointer, scene: Scene): Shape {
  const to = imagePoint(grip.at[0] + pointer.at[0] - from.at[0], grip.at[1] + pointer.at[1] - from.at[1])
  const at = clampToImage(to, scene.image)
  if (grip.kind === 'midpoint') return insertAt(shape, grip, at) ?? shape
  if (grip.kind === 'box') return shape.type === 'box' ? dragBox(shape, grip.handle, at) : shape
  if (shape.type === 'polygon') return moveVertex(shape, grip.place, at)
  if (shape.type === 'points' || shape.type === 'polyline')
    return { ...shape, points: shape.points.map((p, i) => (i === grip.place.vertex ? at : p)) }
  return shape
}

const dragBox = (box: Shape & { type: 'box' }, handle: BoxHandle, at: ImagePoint): Shape =>
  boxShape(dragBoxHandle(box, handle, at))

function insertAt(shape: Shape, grip: Grip, at: ImagePoint): Shape | null {
  if (grip.kind !== 'midpoint') return null
  const { vertex } = grip.place
  if (shape.type === 'polygon') return insertVertex(shape, grip.place, vertex, at)
  if (shape.type === 'polyline')
    return { ...shape, points: [...shape.points.slice(0, vertex + 1), at, ...shape.points.slice(vertex + 1)] }
  return null
}

/** Without the vertex; with the last that can be spared, the object goes. */
function takeVertex({ id, shape }: Target, grip: Grip): readonly Effect[] {
  if (grip.kind !== 'vertex') return NOTHING
  const left = withoutVertex(shape, grip)
  return left ? commandFor(id, left) : [{ kind: 'command', command: remove([id]) }]
}

function withoutVertex(shape: Shape, grip: Grip & { kind: 'vertex' }): Shape | null {
  if (shape.type === 'polygon') return deleteVertex(shape as PolygonShape, grip.place)
  if (shape.type !== 'points' && shape.type !== 'polyline') return shape
  const keeps = (_: unknown, i: number): boolean => i !== grip.place.vertex
  const points = shape.points.filter(keeps)
  if (points.length < (shape.type === 'polyline' ? 2 : 1)) return null
  if (shape.type === 'polyline') return { ...shape, points }
  return { ...shape, points, ...(shape.visibility ? { visibility: shape.visibility.filter(keeps) } : {}) }
}

const commandFor = (id: string, shape: Shape | null): readonly Effect[] =>
  shape ? [reshapeAll(new Map([[id, shape]]))] : NOTHING

function reshapeAll(shapes: ReadonlyMap<string, Shape>): Effect {
  const command: Command = { kind: 'reshape', shapes }
  return { kind: 'command', command }
}

function draw(
  scene: Scene,
  gesture: Gesture | null,
  changed: ReadonlyMap<string, Shape>,
  held: HeldVertex | null,
): Sketch {
  if (gesture?.kind === 'band')
    return { lines: [{ points: cornersOf(boundsBetween(gesture.from.at, gesture.to)), isClosed: true, look: 'band' }] }
  const target = selectedTarget(scene)
  if (target === null || gesture?.kind === 'move') return { changed }
  const shown = changed.get(target.id) ?? target.shape
  const handles = gripsOf(shown, scene.view).map((grip) => ({
    at: grip.at,
    kind:
      held && grip.kind === 'vertex' && distance(grip.at, held.grip.at) === 0
        ? ('held' as const)
        : grip.kind === 'box'
          ? ('corner' as const)
          : grip.kind,
  }))
  return { changed, handles }
}
