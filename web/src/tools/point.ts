/** Sets single points: one click, one object. */

import { clampToImage } from '@/geometry'
import { add, newObject } from '@/document'
import { type Pointer, type Tool, NOTHING, isClick, refusal } from './tool'

export function createPointTool(): Tool {
  let pressed: Pointer | null = null
  return {
    id: 'point',
    down: (pointer, scene) => {
      const refused = refusal(scene)
      if (!refused) pressed = pointer
      return refused ?? NOTHING
    },
    move: () => NOTHING,
    up: (pointer, scene) => {
      const from = pressed
      pressed = null
      if (from === null || !isClick(from, pointer) || scene.activeClass === null) return NOTHING
      const shape = { type: 'points', points: [clampToImage(from.at, scene.image)] } as const
      const object = newObject(scene.newId(), scene.activeClass.class_id, shape)
      return [
        { kind: 'command', command: add(object) },
        { kind: 'select', ids: [object.id] },
      ]
    },
    key: () => null,
    cancel: () => {
      const wasPressed = pressed !== null
      pressed = null
      return wasPressed
    },
    draw: () => ({}),
    hint: () => ({ title: 'Point', rest: ['click where the thing is'] }),
    cursor: () => 'crosshair',
  }
}
