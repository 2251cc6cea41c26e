import { QueryClient, QueryClientProvider, QueryObserver } from '@tanstack/react-query'
import { cleanup, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { figuresKey, setsKey, type Run } from './data'
import { haveStopped, useRefreshing } from './refreshing'

const PROJECT = 7
type Seen = Pick<Run, 'id' | 'state'>
const run = (id: number, state: Run['state']): Seen => ({ id, state })

it.each<[string, Seen[], Seen[], boolean]>([
  ['goes on', [run(1, 'running')], [run(1, 'running')], false],
  ['ends', [run(1, 'running')], [run(1, 'complete')], true],
  ['is paused', [run(1, 'running')], [run(1, 'paused')], true],
  ['came and ended between two looks', [run(1, 'complete')], [run(2, 'complete'), run(1, 'complete')], true],
  ['is an older one of the next page', [run(5, 'complete')], [run(5, 'complete'), run(4, 'failed')], false],
])('a run that %s', (_, before, now, stopped) => {
  expect(haveStopped(before, now)).toBe(stopped)
})

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

it('counts are asked for now and then while a run goes on, comparisons only once it has stopped', async () => {
  const client = new QueryClient()
  const asked = { counts: 0, figures: 0 }
  const watch = (queryKey: readonly unknown[], name: keyof typeof asked) =>
    new QueryObserver(client, { queryKey, queryFn: () => (asked[name] += 1) }).subscribe(() => undefined)
  const ends = [watch(setsKey(PROJECT), 'counts'), watch([...figuresKey(PROJECT), 'compare'], 'figures')]
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>
  const { rerender } = renderHook(({ runs }) => { useRefreshing(PROJECT, runs) }, { wrapper, initialProps: { runs: [run(1, 'running')] } })
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toEqual({ counts: 1, figures: 1 })
  for (let look = 0; look < 20; look += 1) {
    rerender({ runs: [run(1, 'running')] })
    await vi.advanceTimersByTimeAsync(1_500)
  }
  expect(asked).toEqual({ counts: 3, figures: 1 })
  rerender({ runs: [run(1, 'complete')] })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toEqual({ counts: 4, figures: 2 })
  for (const end of ends) end()
})
