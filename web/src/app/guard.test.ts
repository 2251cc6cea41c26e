import { isRedirect } from '@tanstack/react-router'
import { QueryClient } from '@tanstack/react-query'
import { afterEach, expect, it, vi } from 'vitest'
import { requireMe, safeNext, signInAgain } from './guard'

afterEach(() => {
  vi.unstubAllGlobals()
})

it.each([
  ['/projects/7/work?lease=9', '/projects/7/work?lease=9'],
  [undefined, '/projects'],
  ['https://elsewhere.example/', '/projects'],
  ['//elsewhere.example/', '/projects'],
  ['/\\elsewhere.example/', '/projects'],
  ['/sign-in?next=/x', '/projects'],
  ['/invitation/abc', '/invitation/abc'],
])('after signing in, %s leads to %s', (path, target) => {
  expect(safeNext(path)).toBe(target)
})

it('an ended session leads back to where one was', () => {
  expect(signInAgain('/projects/7/work', '/projects/7/work?lease=9')).toEqual({ next: '/projects/7/work?lease=9' })
})

it.each(['/sign-in', '/invitation/abc'])('%s needs no session', (path) => {
  expect(signInAgain(path, path)).toBeNull()
})

const answering = (status: number, body: unknown): QueryClient => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status })))
  return new QueryClient({ defaultOptions: { queries: { retry: false } } })
}

it('a page without a session leads to the sign-in page', async () => {
  const client = answering(401, { code: 'unauthenticated', detail: 'sign in' })
  const thrown: unknown = await requireMe(client, '/inbox').catch((error: unknown) => error)

  if (!isRedirect(thrown)) throw new Error('no redirect was thrown')
  expect(thrown.options).toMatchObject({ to: '/sign-in', search: { next: '/inbox' } })
})

it('a page whose service does not answer says so instead', async () => {
  const client = answering(503, { code: 'unavailable', detail: 'later' })

  await expect(requireMe(client, '/inbox')).rejects.toMatchObject({ code: 'unavailable' })
})

it('a page with a session knows who is asking', async () => {
  const client = answering(200, { member_id: 12 })

  expect(await requireMe(client, '/inbox')).toMatchObject({ member_id: 12 })
})
