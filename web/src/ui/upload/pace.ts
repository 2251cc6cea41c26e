// How fast bytes go out, over the last few seconds: an average since the beginning would hide a line that slowed down.

const WINDOW_MS = 8_000

interface Mark {
  readonly at: number
  readonly bytes: number
}

export class Pace {
  #marks: Mark[] = []

  /** Take down that `bytes` in all had left at a moment, in ms. */
  note(bytes: number, at: number): void {
    this.#marks.push({ at, bytes })
    while ((this.#marks[1]?.at ?? Infinity) < at - WINDOW_MS) this.#marks.shift()
  }

  /** Bytes a second, null until there is something to measure. */
  get bytesPerS(): number | null {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)]
    if (first === undefined || last === undefined || last.at <= first.at) return null
    return Math.max(0, (1000 * (last.bytes - first.bytes)) / (last.at - first.at))
  }
}
