// What each stable reason code means and what helps. A code added later falls back to its own words.

export type Remedy = {
  readonly title: string
  readonly remedy: string
  // Whether trying the same bytes again can end otherwise.
  readonly retryHelps: boolean
}

const REASONS = {
  empty: {
    title: 'Empty file',
    remedy: 'Upload the picture again under the same key; it is looked at by itself.',
    retryHelps: false,
  },
  wrong_type: {
    title: 'Not a picture we read',
    remedy: 'Save it as JPEG, PNG, WebP, TIFF or BMP of 8 or 16 bits and upload that under the same key.',
    retryHelps: false,
  },
  unreadable: {
    title: 'Damaged or cut short',
    remedy: 'Export the picture once more and upload it under the same key.',
    retryHelps: false,
  },
  too_large: {
    title: 'Too large',
    remedy: 'Upload a smaller picture, or have the limit raised and try again.',
    retryHelps: true,
  },
  animated: {
    title: 'Animated',
    remedy: 'Upload the frames as single pictures.',
    retryHelps: false,
  },
  many_pages: {
    title: 'Several pages',
    remedy: 'Save each page as a picture of its own and upload those.',
    retryHelps: false,
  },
  stuck: {
    title: 'Handling never ended',
    remedy: 'Try again; if it returns here, the page Dead letters may hold its message, with the error.',
    retryHelps: true,
  },
} as const satisfies Record<string, Remedy>

export const REASON_CODES: readonly string[] = Object.keys(REASONS)

export function remedyOf(code: string | null): Remedy {
  if (code !== null && code in REASONS) return REASONS[code as keyof typeof REASONS]
  return {
    title: code === null ? 'No reason recorded' : code.replaceAll('_', ' '),
    remedy: 'The detail says more.',
    retryHelps: true,
  }
}
