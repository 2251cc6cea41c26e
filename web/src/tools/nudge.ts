/** Arrow keys on the selection: 1 px, with Shift 10 px, with Alt 1/10 px. */

import { type Shape, moveShapeInside } from '@/geometry'
import type { Command } from '@/document'
import type { Scene } from './tool'

export type Arrow = 'left' | 'up' | 'right' | 'down'

const DIRECTION: Readonly<Record<Arrow, readonly [number, number]>> = {
  left: [-1, 0],
  up: [0, -1],
  right: [1, 0],
  down: [0, 1],
}

/** The move of the selection; null where nothing is selected or may be moved. */
export function nudge(scene: Scene, arrow: Arrow, stepPx: number): Command | null {
  if (scene.isReadOnly) return null
  const [dx, dy] = DIRECTION[arrow]
  const shapes = new Map(
    scene.selection.flatMap((id): [string, Shape][] => {
      const shape = scene.document.byId.get(id)?.shape
      const moved = shape && moveShapeInside(shape, dx * stepPx, dy * stepPx, scene.image)
      return moved && moved !== shape ? [[id, moved]] : []
    }),
  )
  return shapes.size ? { kind: 'reshape', shapes } : null
}
