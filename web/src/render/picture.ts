/** Loads pictures: the thumbnail as it is, the full one decoded off the main thread into a pyramid. */

import { type Pyramid, buildPyramid } from './pyramid'

export class PictureMissing extends Error {
  override readonly name = 'PictureMissing'
}

async function fetchBitmap(url: string, signal: AbortSignal): Promise<ImageBitmap> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new PictureMissing(`the picture could not be loaded (${String(response.status)})`)
  // Working copies are upright: a second turn by EXIF would lay every label beside its thing.
  return createImageBitmap(await response.blob(), { imageOrientation: 'none' })
}

export const loadThumbnail = fetchBitmap

export async function loadPicture(url: string, signal: AbortSignal): Promise<Pyramid> {
  return buildPyramid(await fetchBitmap(url, signal))
}

/** Bring a picture into the browser's cache, so that it is there at once when its turn comes. */
export async function prefetchPicture(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new PictureMissing(`the picture could not be loaded (${String(response.status)})`)
  await response.blob()
}
