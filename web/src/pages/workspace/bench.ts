/** The workbench of one task: joins labels, tools and stage, and holds what only the page needs to know. No React. */

import { type StoreApi, createStore } from 'zustand/vanilla'
import { isProblem } from '@/api/problem'
import { type Bounds, type Viewport, isInSight, shapeBounds } from '@/geometry'
import {
  type ClassSpec,
  type Command,
  type LabelObject,
  currentDocument,
  describe,
  isUnchecked,
  offeredClasses,
  selectedObject,
  setClass,
} from '@/document'
import { type Pyramid, Stage, colourOf, listen } from '@/render'
import {
  type Arrow,
  type Effect,
  type Hint,
  type Scene,
  type Tool,
  type ToolId,
  type ToolKey,
  createBoxTool,
  createExtremeTool,
  createPanTool,
  createPointTool,
  createPolygonTool,
  createSelectTool,
  nudge,
} from '@/tools'
import { judgeable } from './judgeable'
import { Pointing } from './pointing'
import { sceneOf } from './scene'
import { segment } from './session/calls'
import type { OpenTask } from './session/openTask'

export interface BenchState {
  readonly toolId: ToolId
  readonly activeClass: ClassSpec | null
  readonly hint: Hint
  /** Drawing, so that a key takes the last point back and not the last step. */
  readonly isDrafting: boolean
  readonly hovered: string | null
  /** Unchecked pre-labels that were large enough in sight to be judged. */
  readonly viewed: ReadonlySet<string>
  readonly allHidden: boolean
  /** What happened last, for the live region and a short note on the picture; a new object each time. */
  readonly said: { readonly text: string; readonly isShown: boolean } | null
}

/** Listeners of what changes too often for React. */
export interface Moves {
  readonly onView: (view: Viewport) => void
  readonly onCursor: (at: readonly [number, number] | null, screen: readonly [number, number] | null) => void
}

/** A pre-label counts as viewed when it stood still in sight this long. */
const VIEWED_AFTER_MS = 400
/** A thing that is gone to is brought nearer when it is smaller than this (screen px). */
const EASY_TO_SEE_PX = 90

export class Bench {
  readonly state: StoreApi<BenchState>
  readonly moves = new Set<Moves>()
  stage: Stage | null = null

  private readonly tools: Readonly<Record<ToolId, Tool>>
  readonly image: { readonly width: number; readonly height: number }
  private host: HTMLElement | null = null
  private readonly pointing = new Pointing(this)
  private viewedTimer: ReturnType<typeof setTimeout> | undefined
  private readonly stops: (() => void)[] = []

  constructor(
    readonly task: OpenTask,
    activeClassId: number | null,
    readonly isReadOnly: boolean,
  ) {
    this.image = { width: task.lease.image.width, height: task.lease.image.height }
    this.tools = {
      select: createSelectTool(),
      pan: createPanTool(),
      box: createBoxTool(),
      polygon: createPolygonTool(),
      point: createPointTool(),
      extreme: createExtremeTool({
        changed: () => this.refresh(),
        segment: (question, signal) =>
          segment(task.lease.lease_id, question, signal).catch((error: unknown) => {
            throw isProblem(error) ? new Error(error.detail) : error
          }),
      }),
    }
    const offered = offeredClasses(task.ontology)
    const toolId: ToolId = isReadOnly || task.labels.getState().history.document.objects.length ? 'select' : 'extreme'
    this.state = createStore<BenchState>(() => ({
      toolId,
      activeClass: offered.find(({ class_id }) => class_id === activeClassId) ?? offered[0] ?? null,
      hint: { title: '', rest: [] },
      isDrafting: false,
      hovered: null,
      viewed: new Set(),
      allHidden: false,
      said: null,
    }))
    this.refreshHint()
  }

  /** Show the task on an element; returns the function that takes it away. */
  mount(host: HTMLElement): () => void {
    this.host = host
    const stage = new Stage({ host, image: this.image, onView: (view) => this.onView(view) })
    this.stage = stage
    this.stops.push(
      this.task.labels.subscribe(() => this.refresh()),
      this.state.subscribe((state, before) => {
        if (state.hovered !== before.hovered || state.allHidden !== before.allHidden || state.toolId !== before.toolId)
          this.refresh()
      }),
      listen(host, this.pointing.handlers(stage)),
    )
    this.onView(stage.view)
    this.refresh()
    return () => {
      this.tool.cancel()
      clearTimeout(this.viewedTimer)
      for (const stop of this.stops.splice(0)) stop()
      stage.destroy()
      this.stage = null
      this.host = null
    }
  }

  /** The full picture is there: from now on what is in sight can be judged. */
  showPicture(pyramid: Pyramid): void {
    this.stage?.showPicture(pyramid)
    if (this.stage) this.onView(this.stage.view)
  }

  get tool(): Tool {
    return this.tools[this.state.getState().toolId]
  }

  /** What tools see. */
  scene(): Scene {
    const labels = this.task.labels.getState()
    const { activeClass, allHidden } = this.state.getState()
    return sceneOf({
      labels,
      activeClass,
      allHidden,
      image: this.image,
      view: this.stage?.view ?? NO_VIEW,
      isReadOnly: this.isReadOnly || labels.saveState === 'closed',
    })
  }

  chooseTool(toolId: ToolId): void {
    if (toolId === this.state.getState().toolId) return
    this.tool.cancel()
    this.state.setState({ toolId })
    this.say(`${this.tool.hint(this.scene()).title} tool`)
    this.refresh()
  }

  /**
   * The class of new objects. With the select tool also that of the selected ones; with a tool that draws the object
   * just drawn keeps its class, since who chooses a class then means the next.
   */
  chooseClass(spec: ClassSpec): void {
    this.state.setState({ activeClass: spec })
    if (this.state.getState().toolId === 'select' && this.task.labels.getState().selection.length) this.classify(spec)
    else this.say(`Class ${spec.name}`)
    this.refresh()
  }

  /** Give the selected objects a class. */
  classify(spec: ClassSpec): void {
    this.perform(setClass(this.task.labels.getState().selection, spec))
  }

  perform(command: Command, gesture: string | null = null): void {
    if (this.scene().isReadOnly) return this.say('This work is read-only.', true)
    const { sequence } = this.task.labels.getState()
    this.task.labels.actions.perform(command, gesture)
    if (this.task.labels.getState().sequence !== sequence) this.say(sentence(describe(command)))
  }

  /** Innermost first: the last point of what is being drawn, then the last step. */
  undo(): void {
    if (this.giveKey('undo')) return
    const step = this.task.labels.getState().history.done.at(-1)
    this.task.labels.actions.undo()
    this.say(step ? `Undone: ${step.what}` : 'Nothing to undo', step === undefined)
  }

  redo(): void {
    const step = this.task.labels.getState().history.undone.at(-1)
    this.task.labels.actions.redo()
    this.say(step ? `Done again: ${step.what}` : 'Nothing to redo', step === undefined)
  }

  /** Give a key to the tool; whether it meant something there. */
  giveKey(key: ToolKey): boolean {
    const effects = this.tool.key(key, this.scene())
    if (effects === null) return false
    this.run(effects)
    this.refresh()
    return true
  }

  nudge(arrow: Arrow, stepPx: number): boolean {
    const scene = this.scene()
    const command = nudge(scene, arrow, stepPx)
    if (command) this.perform(command, `nudge ${scene.selection.join(' ')}`)
    return scene.selection.length > 0
  }

  /** Select an object and bring it into sight. */
  goTo(id: string): void {
    this.task.labels.actions.select([id])
    const object = currentDocument(this.task.labels.getState()).byId.get(id)
    const bounds = object ? shapeBounds(object.shape) : null
    if (object && isUnchecked(object)) this.markViewed([id])
    if (this.stage && bounds && !this.isEasyToSee(bounds)) this.stage.centreOn(bounds)
  }

  setAllHidden(allHidden: boolean): void {
    this.state.setState({ allHidden })
    this.say(allHidden ? 'Objects hidden' : 'Objects shown', true)
  }

  holdSpace(isHeld: boolean): void {
    this.pointing.holdSpace(isHeld)
  }

  hover(hovered: string | null): void {
    if (hovered !== this.state.getState().hovered) this.state.setState({ hovered })
  }

  say(text: string, isShown = false): void {
    this.state.setState({ said: { text, isShown } })
  }

  selected(): LabelObject | null {
    return selectedObject(this.task.labels.getState())
  }

  focus(): void {
    this.host?.focus({ preventScroll: true })
  }

  private isEasyToSee(bounds: Bounds): boolean {
    if (!this.stage) return true
    const { scale } = this.stage.view
    const length = Math.max(bounds.x1 - bounds.x0, bounds.y1 - bounds.y0) * scale
    return isInSight(this.stage.view, bounds) && (length >= EASY_TO_SEE_PX || bounds.x1 === bounds.x0)
  }

  /** Carry out what a tool answered. */
  run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'command':
          this.perform(effect.command)
          break
        case 'select':
          this.task.labels.actions.select(effect.ids)
          this.markViewed(effect.ids)
          break
        case 'pan':
          this.stage?.panBy(effect.dx, effect.dy)
          break
        case 'say':
          this.say(effect.text, true)
          break
      }
    }
  }

  /** Show the state as it is; cheap when nothing changed. */
  refresh(): void {
    this.refreshHint()
    this.showCursor()
    if (!this.stage) return
    const { history, hidden, selection } = this.task.labels.getState()
    const { hovered, activeClass, allHidden } = this.state.getState()
    const { document } = history
    const { ontology } = this.task
    const sketch = this.tool.draw(this.scene())
    const unseen = allHidden ? new Set(document.objects.map(({ id }) => id)) : hidden
    this.stage.showObjects({ document, ontology, hidden: unseen, lifted: new Set(sketch.changed?.keys() ?? []) })
    this.stage.showOverlay({
      document,
      ontology,
      selection,
      hovered,
      hidden: unseen,
      sketch,
      draftColour: activeClass ? colourOf(ontology, activeClass.class_id) : '#fff',
    })
  }

  private refreshHint(): void {
    const scene = this.scene()
    const hint = this.tool.hint(scene)
    const sketch = this.tool.id === 'select' ? {} : this.tool.draw(scene)
    const isDrafting = Boolean((sketch.marks?.length ?? 0) || sketch.lines?.length)
    const before = this.state.getState()
    if (isDrafting !== before.isDrafting || JSON.stringify(hint) !== JSON.stringify(before.hint))
      this.state.setState({ hint, isDrafting })
  }

  showCursor(): void {
    if (!this.host) return
    const cursor = this.pointing.tool.cursor(this.scene())
    const crosshair = String(cursor === 'crosshair')
    if (this.host.style.cursor !== cursor) this.host.style.cursor = cursor
    if (this.host.dataset.crosshair !== crosshair) this.host.dataset.crosshair = crosshair
  }

  private onView(view: Viewport): void {
    for (const { onView } of this.moves) onView(view)
    clearTimeout(this.viewedTimer)
    this.viewedTimer = setTimeout(() => {
      if (this.stage?.hasPicture) this.markViewed(judgeable(currentDocument(this.task.labels.getState()), view))
    }, VIEWED_AFTER_MS)
  }

  private markViewed(ids: readonly string[]): void {
    const { viewed } = this.state.getState()
    const fresh = ids.filter((id) => !viewed.has(id))
    if (fresh.length) this.state.setState({ viewed: new Set([...viewed, ...fresh]) })
  }
}

const NO_VIEW: Viewport = { scale: 1, left: 0, top: 0, width: 1, height: 1 }

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
