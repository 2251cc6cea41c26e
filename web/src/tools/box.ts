/** Draws boxes: press, drag, release; or a click on each of two corners. Shift makes a square. */

import {
  type ImagePoint,
  boundsBetween,
  boxShape,
  clampToImage,
  cornersOf,
  heightOf,
  imagePoint,
  widthOf,
} from '@/geometry'
import { add, newObject } from '@/document'
import { type Effect, type Pointer, type Scene, type Tool, NOTHING, isClick, refusal } from './tool'

/** A box must be this long and high (image px), or it was a slip. */
const MIN_SIDE = 1

interface Corner {
  readonly pressed: Pointer
  readonly at: ImagePoint
  /** The first corner was clicked, not dragged: the next press sets the second. */
  readonly isClicked: boolean
}

export function createBoxTool(): Tool {
  let first: Corner | null = null
  let second: ImagePoint | null = null

  const cancel = (): boolean => {
    const wasDrawing = first !== null
    first = second = null
    return wasDrawing
  }

  const finish = (scene: Scene): readonly Effect[] => {
    const box = first && second && boundsBetween(first.at, second)
    cancel()
    if (!box || !scene.activeClass || widthOf(box) < MIN_SIDE || heightOf(box) < MIN_SIDE) return NOTHING
    const object = newObject(scene.newId(), scene.activeClass.class_id, boxShape(box))
    return [
      { kind: 'command', command: add(object) },
      { kind: 'select', ids: [object.id] },
    ]
  }

  const opposite = (pointer: Pointer, scene: Scene): ImagePoint => {
    const at = clampToImage(pointer.at, scene.image)
    return first !== null && pointer.shift ? squared(first.at, at) : at
  }

  return {
    id: 'box',
    down: (pointer, scene) => {
      const refused = refusal(scene)
      if (refused) return refused
      if (first?.isClicked) {
        second = opposite(pointer, scene)
        return finish(scene)
      }
      first = { pressed: pointer, at: clampToImage(pointer.at, scene.image), isClicked: false }
      second = first.at
      return NOTHING
    },
    move: (pointer, scene) => {
      if (first) second = opposite(pointer, scene)
      return NOTHING
    },
    up: (pointer, scene) => {
      if (first === null || first.isClicked) return NOTHING
      if (isClick(first.pressed, pointer)) {
        first = { ...first, isClicked: true }
        return NOTHING
      }
      second = opposite(pointer, scene)
      return finish(scene)
    },
    key: (key) => (key !== 'enter' && key !== 'delete' && cancel() ? NOTHING : null),
    cancel,
    draw: () =>
      first && second
        ? { lines: [{ points: cornersOf(boundsBetween(first.at, second)), isClosed: true, look: 'draft' }] }
        : {},
    hint: () =>
      first
        ? { title: 'Box', rest: ['set the opposite corner', { key: 'Shift' }, 'square', { key: 'Esc' }, 'cancel'] }
        : { title: 'Box', rest: ['drag from corner to corner, or click both'] },
    cursor: () => 'crosshair',
  }
}

function squared(from: ImagePoint, to: ImagePoint): ImagePoint {
  const side = Math.min(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))
  return imagePoint(from[0] + side * Math.sign(to[0] - from[0]), from[1] + side * Math.sign(to[1] - from[1]))
}
