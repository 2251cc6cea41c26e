/** A picture at full, half, quarter … size, so that no redraw reads many more pixels than it writes. */

export interface Pyramid {
  /** The smallest level that is at least as large as the picture at this scale (device px per image px). */
  readonly levelFor: (scale: number) => CanvasImageSource
  readonly close: () => void
}

/** No level is made smaller than this (px). */
const SMALLEST = 512

export async function buildPyramid(full: ImageBitmap): Promise<Pyramid> {
  const levels: ImageBitmap[] = [full]
  for (let last = full; Math.max(last.width, last.height) > 2 * SMALLEST; levels.push(last))
    last = await createImageBitmap(last, {
      resizeWidth: Math.max(1, Math.round(last.width / 2)),
      resizeHeight: Math.max(1, Math.round(last.height / 2)),
      resizeQuality: 'medium',
    })
  return {
    levelFor: (scale) => levels.findLast((level) => level.width >= full.width * Math.min(scale, 1)) ?? full,
    close: () => {
      for (const level of levels) level.close()
    },
  }
}
