/** A scene and a hand for the tests of tools: one image pixel is one screen pixel. */

import { type Shape, boundsBetween, imagePoint, isOnShape, screenPoint, shapeArea, shapeBounds } from '@/geometry'
import { type LabelObject, createLabelStore } from '@/document'
import { CAR, PICTURE } from '@/document/fixtures'
import type { Effect, Pointer, Scene, Tool, ToolKey } from './tool'

interface Held {
  readonly alt?: boolean
  readonly shift?: boolean
  readonly clicks?: number
  readonly isTouch?: boolean
}

export const pointer = (x: number, y: number, held: Held = {}): Pointer => ({
  at: imagePoint(x, y),
  screen: screenPoint(x, y),
  alt: false,
  shift: false,
  isTouch: false,
  clicks: 1,
  ...held,
})

/** A person with one tool: events go in, effects reach the document. */
export function hand(tool: Tool, objects: readonly LabelObject[] = [], isReadOnly = false) {
  const store = createLabelStore({ objects, sequence: 0 })
  const said: string[] = []
  const pans: [number, number][] = []
  let ids = 0
  const scene = (): Scene => {
    const { history, selection } = store.getState()
    const { document } = history
    return {
      document,
      selection,
      view: { scale: 1, left: 0, top: 0, width: PICTURE.width, height: PICTURE.height },
      image: PICTURE,
      activeClass: CAR,
      isReadOnly,
      hits: (p, reach) =>
        document.objects
          .filter(({ shape }) => isOnShape(p, shape, reach))
          .sort((a, b) => shapeArea(a.shape) - shapeArea(b.shape))
          .map(({ id }) => id),
      inside: (a, b) => {
        const band = boundsBetween(a, b)
        return document.objects.flatMap(({ id, shape }) => {
          const bounds = shapeBounds(shape)
          const isInside =
            bounds && bounds.x0 >= band.x0 && bounds.x1 <= band.x1 && bounds.y0 >= band.y0 && bounds.y1 <= band.y1
          return isInside ? [id] : []
        })
      },
      newId: () => `new-${String((ids += 1))}`,
    }
  }
  const run = (effects: readonly Effect[]): void => {
    for (const effect of effects) {
      if (effect.kind === 'command') store.actions.perform(effect.command)
      else if (effect.kind === 'select') store.actions.select(effect.ids)
      else if (effect.kind === 'say') said.push(effect.text)
      else pans.push([effect.dx, effect.dy])
    }
  }
  return {
    store,
    scene,
    said,
    pans,
    press: (x: number, y: number, held?: Held) => run(tool.down(pointer(x, y, held), scene())),
    move: (x: number, y: number, held?: Held) => run(tool.move(pointer(x, y, held), scene())),
    release: (x: number, y: number, held?: Held) => run(tool.up(pointer(x, y, held), scene())),
    click(x: number, y: number, held?: Held) {
      this.move(x, y, held)
      this.press(x, y, held)
      this.release(x, y, held)
    },
    drag(x0: number, y0: number, x1: number, y1: number, held?: Held) {
      this.press(x0, y0, held)
      this.move((x0 + x1) / 2, (y0 + y1) / 2, held)
      this.move(x1, y1, held)
      this.release(x1, y1, held)
    },
    key(key: ToolKey): boolean {
      const effects = tool.key(key, scene())
      run(effects ?? [])
      return effects !== null
    },
    sketch: () => tool.draw(scene()),
    hint: () => tool.hint(scene()),
    shapes: (): Shape[] => store.getState().history.document.objects.map(({ shape }) => shape),
    objects: () => store.getState().history.document.objects,
    selection: () => store.getState().selection,
    steps: () => store.getState().history.done.length,
  }
}
