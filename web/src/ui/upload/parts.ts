// A file in parts: a few at a time, each tried again while its failure may pass, until all are there or it is stopped.
import { isProblem } from '@/api/problem'

export interface Plan {
  readonly bytes: number
  readonly part_bytes: number
  readonly parts: number
  /** The numbers of the parts that are there already. */
  readonly received: readonly number[]
}

/** Send one part; `onSent` hears how many of its bytes have left so far. */
export type PutPart = (number: number, part: Blob, onSent: (bytes: number) => void, signal: AbortSignal) => Promise<void>

interface Sending {
  readonly plan: Plan
  readonly file: Blob
  readonly put: PutPart
  readonly signal: AbortSignal
  /** Of all bytes, those that are there or on their way. */
  readonly onProgress: (bytes: number) => void
  readonly pause?: (ms: number) => Promise<void>
}

export const AT_ONCE = 3
export const TRIES = 6
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The bytes of a part, the first being number 1; the last one is shorter. */
export const bytesOfPart = ({ bytes, part_bytes: size }: Plan, number: number): number =>
  Math.min(size, bytes - (number - 1) * size)

/** Send what is missing. Throws the first failure that does not pass, or that of `signal`. */
export async function sendParts({ plan, file, put, signal, onProgress, pause = sleep }: Sending): Promise<void> {
  const there = new Map(plan.received.map((number) => [number, bytesOfPart(plan, number)]))
  const missing = Array.from({ length: plan.parts }, (_, i) => i + 1).filter((number) => !there.has(number))
  const tell = (number: number, bytes: number) => {
    there.set(number, bytes)
    onProgress([...there.values()].reduce((sum, one) => sum + one, 0))
  }
  onProgress([...there.values()].reduce((sum, one) => sum + one, 0))

  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const sendNext = async (): Promise<void> => {
    for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
      const from = (number - 1) * plan.part_bytes
      const size = bytesOfPart(plan, number)
      const part = file.slice(from, from + size)
      const at = number
      await persist(() => put(at, part, (bytes) => { tell(at, Math.min(bytes, size)) }, stop), stop, pause)
      tell(number, size)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, sendNext))
  } catch (error) {
    failed.abort(error)
    throw error
  }
}

async function persist(send: () => Promise<void>, signal: AbortSignal, pause: (ms: number) => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    signal.throwIfAborted()
    try {
      await send()
      return
    } catch (error) {
      if (signal.aborted || !mayPass(error) || tried === TRIES) throw error
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** (tried - 1), LONGEST_PAUSE_MS))
    }
  }
}

const mayPass = (error: unknown): boolean => isProblem(error) && (error.isPassing || error.status === 429)
