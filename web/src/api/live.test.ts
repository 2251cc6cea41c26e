import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { parseProgress, RETRY_STREAM_MS, watch } from './live'

const COUNTS = { project_id: 7, images: { ready: 2 }, tasks: { open: 2 }, quarantined: 0, in_review: 0, leases_held: 1 }

class FakeStream extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  static opened: FakeStream[] = []
  readyState = FakeStream.OPEN
  onerror: (() => void) | null = null
  close = vi.fn()

  constructor(readonly url: string) {
    super()
    FakeStream.opened.push(this)
  }

  tell(data: string): void {
    this.dispatchEvent(new MessageEvent('progress', { data }))
  }

  fail(readyState: number): void {
    this.readyState = readyState
    this.onerror?.()
  }
}

const seen = { onProgress: vi.fn(), onState: vi.fn() }
const last = (): FakeStream => FakeStream.opened.at(-1) ?? new FakeStream('none')

beforeEach(() => {
  FakeStream.opened = []
  vi.stubGlobal('EventSource', FakeStream)
  vi.useFakeTimers()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
  vi.clearAllMocks()
})

it.each(['', 'no json', '[]', 'null', '{"tasks": {}}'])('data that are no counts are passed over: %s', (data) => {
  expect(parseProgress(data)).toBeNull()
})

it('counts arrive, and the page is live from then on', () => {
  watch('/v1/projects/7/events', seen)
  last().tell(JSON.stringify(COUNTS))

  expect(seen.onProgress).toHaveBeenCalledWith(COUNTS)
  expect(seen.onState).toHaveBeenLastCalledWith('live')
})

it('a broken connection means polling while the browser reconnects by itself', () => {
  watch('/events', seen)
  last().fail(FakeStream.CONNECTING)
  vi.advanceTimersByTime(RETRY_STREAM_MS)

  expect(seen.onState).toHaveBeenLastCalledWith('polling')
  expect(FakeStream.opened).toHaveLength(1)
})

it('a refused stream is tried again later', () => {
  watch('/events', seen)
  last().fail(FakeStream.CLOSED)
  expect(FakeStream.opened).toHaveLength(1)
  vi.advanceTimersByTime(RETRY_STREAM_MS)

  expect(FakeStream.opened).toHaveLength(2)
})

it('what was ended neither reconnects nor stays open', () => {
  const stop = watch('/events', seen)
  last().fail(FakeStream.CLOSED)
  stop()
  vi.advanceTimersByTime(RETRY_STREAM_MS)

  expect(FakeStream.opened).toHaveLength(1)
  expect(last().close).toHaveBeenCalled()
})
