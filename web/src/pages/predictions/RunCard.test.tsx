import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Estimate, Mapping } from './data'
import { RunCard } from './RunCard'

// The page's place in the router is not what is tested.
vi.mock('@/app/project', () => ({ useProject: () => ({ ontology: { classes: [] } }) }))

const MAPPING = { id: 3, model: 'weeds', version: '1' } as Mapping
const NOTHING: Estimate = { items: 0, is_exact: true, known_images: 0, seconds: null, seconds_per_image: null }
const sent: { url: string; body: { filter: { key: string | null } } }[] = []
let estimate: Estimate

beforeEach(() => {
  vi.useFakeTimers()
  sent.length = 0
  estimate = { ...NOTHING, items: 5 }
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() }))
  vi.stubGlobal('ResizeObserver', class { observe = vi.fn(); unobserve = vi.fn(); disconnect = vi.fn() })
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push({ url: request.url, body: (await request.json()) as (typeof sent)[number]['body'] })
    await new Promise((resolve) => setTimeout(resolve, 300))
    return Response.json(request.url.endsWith('/estimate') ? estimate : {})
  })
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function rest(ms = 1_000) {
  await act(() => vi.advanceTimersByTimeAsync(ms))
}

async function open() {
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <RunCard projectId={1} mapping={MAPPING} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  await rest()
}

const button = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Start run' })
const name = () => screen.getByLabelText<HTMLInputElement>('Name contains')
const submit = () => {
  const form = name().form
  if (form !== null) fireEvent.submit(form)
}
const started = () => sent.filter(({ url }) => url.endsWith('/runs')).map(({ body }) => body.filter.key)

it('no run starts with a filter that is older than what stands there', async () => {
  await open()
  fireEvent.change(name(), { target: { value: 'july/' } })
  expect(button().disabled).toBe(true)
  submit()
  await rest()
  expect(started()).toEqual([])
  expect(button().disabled).toBe(false)
  submit()
  await rest(50)
  submit() // Enter once more, while the first request is under way
  await rest()
  expect(started()).toEqual(['july/'])
})

it.each([
  [true, 'No picture is like that.'],
  [false, 'None among the first 10,000 looked at; the run looks at the rest.'],
])('a run on nothing cannot start where that is certain: %s', async (isExact, words) => {
  estimate = { ...NOTHING, is_exact: isExact }
  await open()
  expect(screen.getByLabelText('Estimate').textContent).toBe(words)
  expect(button().disabled).toBe(isExact)
})
