/** Masks as small tinted canvases of their bounds: a thin fill with dots, so that colour is not the only sign. */

import { type Bounds, type MaskShape, decodeMask, forEachStrip, heightOf, widthOf } from '@/geometry'

interface Raster {
  readonly canvas: HTMLCanvasElement
  readonly bounds: Bounds
}

const rasters = new WeakMap<MaskShape, Map<string, Raster | null>>()

const FILL_ALPHA = 62
const DOT_ALPHA = 205
/** Dots stand this far apart (image px) for a mask of this size. */
const dotPitch = (bounds: Bounds): number => Math.max(6, Math.round(Math.max(widthOf(bounds), heightOf(bounds)) / 28))

/** The picture of a mask in a colour (`#rrggbb`); null when nothing is filled. */
export function maskRaster(mask: MaskShape, colour: string): Raster | null {
  let byColour = rasters.get(mask)
  if (byColour === undefined) rasters.set(mask, (byColour = new Map()))
  let raster = byColour.get(colour)
  if (raster === undefined) byColour.set(colour, (raster = paint(mask, colour)))
  return raster
}

function paint(mask: MaskShape, colour: string): Raster | null {
  const decoded = decodeMask(mask)
  const bounds = decoded?.bounds
  if (!decoded || !bounds) return null
  const canvas = document.createElement('canvas')
  canvas.width = widthOf(bounds)
  canvas.height = heightOf(bounds)
  const context = canvas.getContext('2d')
  if (context === null) return null
  const image = context.createImageData(canvas.width, canvas.height)
  const pixels = new Uint32Array(image.data.buffer)
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
  // Little-endian RGBA, as on every machine that browsers run on.
  const tint = ((blue ?? 0) << 16) | ((green ?? 0) << 8) | (red ?? 0)
  const [fill, dot] = [(FILL_ALPHA << 24) | tint, (DOT_ALPHA << 24) | tint]
  const pitch = dotPitch(bounds)
  const size = Math.max(1, Math.round(pitch / 4))
  forEachStrip(decoded, (column, row, rows) => {
    const inDotColumn = column % pitch < size
    for (let y = row; y < row + rows; y += 1)
      pixels[(y - bounds.y0) * canvas.width + column - bounds.x0] = inDotColumn && y % pitch < size ? dot : fill
  })
  context.putImageData(image, 0, 0)
  return { canvas, bounds }
}
