// Puts one of the drawing tools in the supervisor's hand: for one object that is fixed, or for one that was missed.
import { useCallback, useMemo, useReducer, useSyncExternalStore } from 'react'
import { isOnShape, type ImagePoint, type Shape, type Viewport } from '@/geometry'
import { documentOf, readObject, uuid7, type ClassSpec } from '@/document'
import {
  createBoxTool,
  createPointTool,
  createPolygonTool,
  createSelectTool,
  type Effect,
  type Pointer,
  type Scene,
  type Sketch,
  type Tool,
  type ToolKey,
} from '@/tools'
import type { WireObject } from '@/ui/shapes/schema'
import type { LinkedView } from './linkedView'
import type { Surface } from './pointers'

/** `edit` moves what is there; the others draw anew. */
export type Pencil = 'edit' | 'box' | 'polygon' | 'point'

interface Options {
  pencil: Pencil | null
  links: LinkedView
  /** The object in the hand of `edit`. */
  edited: WireObject | null
  activeClass: ClassSpec | null
  onShape: (shape: Shape, isNew: boolean) => void
  onSay: (text: string) => void
}

const MAKERS: Readonly<Record<Pencil, () => Tool>> = {
  edit: createSelectTool,
  box: createBoxTool,
  polygon: createPolygonTool,
  point: createPointTool,
}

const NOWHERE: Viewport = { scale: 1, left: 0, top: 0, width: 0, height: 0 }

export function newObjectId(): string {
  return uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10)))
}

export function usePencil({ pencil, links, edited, activeClass, onShape, onSay }: Options) {
  const tool = useMemo(() => (pencil === null ? null : MAKERS[pencil]()), [pencil])
  const [, redraw] = useReducer((n: number) => n + 1, 0)
  // Handles are thinned by the zoom: with a tool in hand the view matters to React too.
  const view = useSyncExternalStore(links.subscribe, () => (tool === null ? null : links.main()))

  const scene = useMemo(
    () => sceneOf({ edited, activeClass, view: view ?? NOWHERE, image: links.image }),
    [edited, activeClass, view, links],
  )

  const carryOut = useCallback(
    (effects: readonly Effect[]) => {
      for (const effect of effects) {
        if (effect.kind === 'say') onSay(effect.text)
        if (effect.kind !== 'command') continue
        const { command } = effect
        if (command.kind === 'add' && command.objects[0] !== undefined) onShape(command.objects[0].shape, true)
        if (command.kind === 'reshape') for (const shape of command.shapes.values()) onShape(shape, false)
      }
      redraw()
    },
    [onShape, onSay],
  )

  const surface = useMemo((): Surface | null => {
    if (tool === null) return null
    const pass = (what: 'down' | 'move' | 'up') => (pointer: Pointer) => {
      carryOut(tool[what](pointer, scene))
    }
    return { cursor: pencil === 'edit' ? 'default' : 'crosshair', down: pass('down'), move: pass('move'), up: pass('up') }
  }, [tool, pencil, scene, carryOut])

  /** Whether the tool had a use for the key. */
  const key = (pressed: ToolKey): boolean => {
    const effects = tool?.key(pressed, scene) ?? null
    if (effects === null) return false
    carryOut(effects)
    return true
  }

  const sketch: Sketch = tool?.draw(scene) ?? {}
  return { surface, sketch, key, hint: tool?.hint(scene) ?? null }
}

interface SceneFacts {
  edited: WireObject | null
  activeClass: ClassSpec | null
  view: Viewport
  image: Scene['image']
}

/** All that a tool sees: the object in hand and nothing else. */
function sceneOf({ edited, activeClass, view, image }: SceneFacts): Scene {
  const object = edited === null ? null : readObject(edited)
  return {
    document: documentOf(object === null ? [] : [object]),
    selection: object === null ? [] : [object.id],
    view,
    image,
    activeClass,
    isReadOnly: false,
    hits: (p: ImagePoint, reach: number) => (object !== null && isOnShape(p, object.shape, reach) ? [object.id] : []),
    inside: () => [],
    newId: newObjectId,
  }
}
