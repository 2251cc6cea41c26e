/** Points and the two frames they can live in. A point of one frame is no point of the other: the compiler refuses it. */

declare const frame: unique symbol

/** Pixels of the upright picture: origin at the top-left corner of the top-left pixel, x right, y down. */
export type ImagePoint = readonly [x: number, y: number] & { readonly [frame]: 'image' }

/** CSS pixels of the canvas element, origin at its top-left corner. */
export type ScreenPoint = readonly [x: number, y: number] & { readonly [frame]: 'screen' }

export interface Size {
  readonly width: number
  readonly height: number
}

export const imagePoint = (x: number, y: number): ImagePoint => [x, y] as unknown as ImagePoint

export const screenPoint = (x: number, y: number): ScreenPoint => [x, y] as unknown as ScreenPoint

export function distance<P extends ImagePoint | ScreenPoint>(a: P, b: P): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1])
}

export const isSamePoint = (a: ImagePoint, b: ImagePoint): boolean => a[0] === b[0] && a[1] === b[1]

export const translate = (p: ImagePoint, dx: number, dy: number): ImagePoint => imagePoint(p[0] + dx, p[1] + dy)

export const midpoint = (a: ImagePoint, b: ImagePoint): ImagePoint => imagePoint((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)

/** Move a point onto the picture, borders included. */
export const clampToImage = (p: ImagePoint, image: Size): ImagePoint =>
  imagePoint(Math.min(Math.max(p[0], 0), image.width), Math.min(Math.max(p[1], 0), image.height))

/** Round as the server stores it, to 1/100 px; -0 becomes 0. */
export const roundCoordinate = (value: number): number => Math.round(value * 100) / 100 + 0

export const roundPoint = (p: ImagePoint): ImagePoint => imagePoint(roundCoordinate(p[0]), roundCoordinate(p[1]))
