// How numbers, times and names are written everywhere. English, tabular, with a thin gap before units.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const moment = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

export const number = (value: number): string => whole.format(value)

export const date = (value: string | Date): string => day.format(new Date(value))

export const dateTime = (value: string | Date): string => moment.format(new Date(value))

/** `0.87`, or an en dash where there is nothing to measure. */
export const ratio = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : value.toFixed(2)

/** `70.0 %` of a whole; null where the whole is nothing. */
export const share = (part: number, total: number): string | null =>
  total === 0 ? null : `${((100 * part) / total).toFixed(1)} %`

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let size = value
  let unit = 0
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 ? String(size) : size.toFixed(1)} ${units[unit] ?? ''}`
}

/** `40 s`, `6 min`, `2 h 5 min`, `3 d 4 h`: the two largest units, no more. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${String(s)} s`
  const minutes = Math.floor(s / 60)
  if (minutes < 60) return `${String(minutes)} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${String(hours)} h` : `${String(hours)} h ${String(minutes % 60)} min`
  const days = Math.floor(hours / 24)
  return days >= 10 || hours % 24 === 0 ? `${String(days)} d` : `${String(days)} d ${String(hours % 24)} h`
}

/** `just now`, `6 min ago`; a date once it is older than a week. */
export function ago(value: string | Date, now: Date): string {
  const seconds = (now.getTime() - new Date(value).getTime()) / 1000
  if (seconds < 10) return 'just now'
  return seconds > 7 * 86_400 ? date(value) : `${span(seconds)} ago`
}

/** Two letters of a name or of an address. */
export function initials(name: string): string {
  const words = (name.split('@')[0] ?? name).split(/[\s._-]+/).filter((word) => word !== '')
  const [first = '?', second] = words
  return (second === undefined ? first.slice(0, 2) : `${first.charAt(0)}${second.charAt(0)}`).toUpperCase()
}

/** `1 image`, `2 images`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`
