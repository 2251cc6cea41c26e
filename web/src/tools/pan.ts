/** Moves the picture. Nothing else does: drawing never moves it. */

import { type Pointer, type Tool, NOTHING } from './tool'

export function createPanTool(): Tool {
  let last: Pointer | null = null
  return {
    id: 'pan',
    down: (pointer) => {
      last = pointer
      return NOTHING
    },
    move: (pointer) => {
      if (last === null) return NOTHING
      const [dx, dy] = [pointer.screen[0] - last.screen[0], pointer.screen[1] - last.screen[1]]
      last = pointer
      return dx || dy ? [{ kind: 'pan', dx, dy }] : NOTHING
    },
    up: () => {
      last = null
      return NOTHING
    },
    key: () => null,
    cancel: () => {
      const wasPanning = last !== null
      last = null
      return wasPanning
    },
    draw: () => ({}),
    hint: () => ({ title: 'Pan', rest: ['drag the picture; the wheel zooms'] }),
    cursor: () => (last ? 'grabbing' : 'grab'),
  }
}
