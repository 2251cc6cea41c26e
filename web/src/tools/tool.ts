/** What every tool is: a state machine over pointer events and keys that answers with effects. No DOM, no canvas. */

import { type ImagePoint, type Ring, type ScreenPoint, type Shape, type Size, type Viewport } from '@/geometry'
import type { ClassSpec, Command, LabelDocument } from '@/document'

export type ToolId = 'select' | 'pan' | 'box' | 'polygon' | 'point' | 'extreme'

/** One pointer event: where it is in both frames, and what was held. */
export interface Pointer {
  /** On the image plane; it may lie outside the picture. */
  readonly at: ImagePoint
  readonly screen: ScreenPoint
  readonly alt: boolean
  readonly shift: boolean
  readonly isTouch: boolean
  /** 2 for the second press of a double click. */
  readonly clicks: number
}

export type ToolKey = 'enter' | 'backspace' | 'delete' | 'escape' | 'undo'

/** What a tool may look at. */
export interface Scene {
  readonly document: LabelDocument
  readonly selection: readonly string[]
  readonly view: Viewport
  readonly image: Size
  /** The class of new objects; null when the project offers none. */
  readonly activeClass: ClassSpec | null
  readonly isReadOnly: boolean
  /** Ids under a place, the smallest object first; hidden ones are not among them. */
  readonly hits: (p: ImagePoint, reach: number) => readonly string[]
  /** Ids whose bounds lie in a window. */
  readonly inside: (a: ImagePoint, b: ImagePoint) => readonly string[]
  readonly newId: () => string
}

export type Effect =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'select'; readonly ids: readonly string[] }
  | { readonly kind: 'pan'; readonly dx: number; readonly dy: number }
  /** Words for the person: shown and read out. */
  | { readonly kind: 'say'; readonly text: string }

export type HandleKind = 'corner' | 'vertex' | 'midpoint' | 'held'

/** What a tool wants to be seen on top of the objects, in image coordinates. */
export interface Sketch {
  /** Objects that are shown in another form than the document's, by id. */
  readonly changed?: ReadonlyMap<string, Shape>
  /** Lines of a thing that is being drawn; `fill` for what is as good as done. */
  readonly lines?: readonly {
    readonly points: Ring
    readonly isClosed: boolean
    readonly look: 'draft' | 'warning' | 'band' | 'done'
  }[]
  readonly preview?: Shape | null
  readonly handles?: readonly { readonly at: ImagePoint; readonly kind: HandleKind }[]
  readonly marks?: readonly {
    readonly at: ImagePoint
    readonly kind: 'numbered' | 'add' | 'take'
    readonly text: string
  }[]
}

/** One line about what to do next; `steps` of `done` are shown as bars. */
export interface Hint {
  readonly title: string
  readonly rest: readonly (string | { readonly key: string })[]
  readonly steps?: { readonly done: number; readonly of: number }
  readonly tone?: 'normal' | 'busy' | 'bad'
}

export type Cursor = 'default' | 'crosshair' | 'grab' | 'grabbing' | 'move' | 'pointer'

export interface Tool {
  readonly id: ToolId
  down: (pointer: Pointer, scene: Scene) => readonly Effect[]
  move: (pointer: Pointer, scene: Scene) => readonly Effect[]
  up: (pointer: Pointer, scene: Scene) => readonly Effect[]
  /** Null when the key means nothing to the tool now. */
  key: (key: ToolKey, scene: Scene) => readonly Effect[] | null
  /** Drop what is under way; whether there was anything. */
  cancel: () => boolean
  draw: (scene: Scene) => Sketch
  hint: (scene: Scene) => Hint
  cursor: (scene: Scene) => Cursor
}

export const NOTHING: readonly Effect[] = []

/** A press that moves less than this (screen px) is a click. */
const CLICK_PX = 3
const CLICK_TOUCH_PX = 8

export function isClick(from: Pointer, to: Pointer): boolean {
  const moved = Math.hypot(to.screen[0] - from.screen[0], to.screen[1] - from.screen[1])
  return moved <= (to.isTouch ? CLICK_TOUCH_PX : CLICK_PX)
}

/** How near (image px) a pointer must be to a handle, line or point to mean it. */
export const reachOf = (pointer: Pointer, view: Viewport): number => (pointer.isTouch ? 12 : 9) / view.scale

/** Drawing is not possible: say why, or null when it is. */
export function refusal(scene: Scene): readonly Effect[] | null {
  if (scene.isReadOnly) return [{ kind: 'say', text: 'This work is read-only.' }]
  if (scene.activeClass === null) return [{ kind: 'say', text: 'The project has no class to draw with.' }]
  return null
}
