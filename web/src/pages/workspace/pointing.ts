/** From pointer events to the tool in hand. Space and the middle button lend the pan tool for one drag. */

import { type ImagePoint, type ScreenPoint, type Size, toImage } from '@/geometry'
import type { InputHandlers, Stage, Touched } from '@/render'
import { type Effect, type Pointer, type Scene, type Tool, createPanTool } from '@/tools'

const HOVER_PX = 4

/** What lies under the pointer: the bench, as far as a pointer needs it. */
interface Surface {
  readonly tool: Tool
  readonly image: Size
  readonly moves: Iterable<{ readonly onCursor: (at: ImagePoint | null, screen: ScreenPoint | null) => void }>
  scene(): Scene
  run(effects: readonly Effect[]): void
  hover(hovered: string | null): void
  refresh(): void
  showCursor(): void
}

export class Pointing {
  private readonly panTool = createPanTool()
  private isPanning = false
  private isSpaceHeld = false

  constructor(private readonly bench: Surface) {}

  /** The tool that the pointer works with now. */
  get tool(): Tool {
    return this.isPanning || this.isSpaceHeld ? this.panTool : this.bench.tool
  }

  holdSpace(isHeld: boolean): void {
    this.isSpaceHeld = isHeld
    this.bench.showCursor()
  }

  handlers(stage: Stage): InputHandlers {
    return {
      down: (touched) => this.down(touched),
      move: (touched) => this.move(touched),
      up: (touched) => this.up(touched),
      cancel: () => this.cancel(),
      leave: () => this.leave(),
      zoom: (factor, about) => stage.zoomBy(factor, about),
      pan: (dx, dy) => stage.panBy(dx, dy),
    }
  }

  private pointer(touched: Touched): Pointer {
    return { ...touched, at: toImage(this.bench.scene().view, touched.screen) }
  }

  private down(touched: Touched): void {
    this.isPanning = touched.isMiddle || this.isSpaceHeld
    this.bench.run(this.tool.down(this.pointer(touched), this.bench.scene()))
    this.bench.refresh()
  }

  private move(touched: Touched): void {
    const pointer = this.pointer(touched)
    const { tool, bench } = this
    bench.run(tool.move(pointer, bench.scene()))
    const at = isOn(pointer.at, bench.image) ? pointer.at : null
    for (const { onCursor } of bench.moves) onCursor(at, touched.screen)
    if (tool.id === 'pan') return bench.showCursor()
    if (tool.id === 'select') {
      const scene = bench.scene()
      bench.hover(scene.hits(pointer.at, HOVER_PX / scene.view.scale)[0] ?? null)
    }
    bench.refresh()
  }

  private up(touched: Touched): void {
    const tool = this.isPanning ? this.panTool : this.bench.tool
    this.isPanning = false
    this.bench.run(tool.up(this.pointer(touched), this.bench.scene()))
    this.bench.refresh()
  }

  private cancel(): void {
    this.isPanning = false
    this.panTool.cancel()
    // A second finger interrupts a drag; what was set by clicks before stays.
    if (this.bench.tool.id === 'select' || this.bench.tool.id === 'box') this.bench.tool.cancel()
    this.bench.refresh()
  }

  private leave(): void {
    this.bench.hover(null)
    for (const { onCursor } of this.bench.moves) onCursor(null, null)
  }
}

const isOn = (at: readonly [number, number], image: Size): boolean =>
  at[0] >= 0 && at[1] >= 0 && at[0] <= image.width && at[1] <= image.height
