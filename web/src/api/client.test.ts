import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api, send, take, whenSignedOut } from './client'
import { isProblem, type ApiProblem } from './problem'

const asked = vi.fn<(request: Request) => Promise<Response>>()

beforeEach(() => {
  asked.mockReset()
  vi.stubGlobal('fetch', asked)
})
afterEach(() => {
  vi.unstubAllGlobals()
  whenSignedOut(() => undefined)
})

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } })

const refusal = (code: string, status: number, headers = {}) =>
  json({ type: '', title: 'No', status, detail: 'because', code, facts: { a: 1 }, errors: [], request_id: 'r1' }, status, headers)

const caught = async (call: Promise<unknown>): Promise<ApiProblem> => {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!isProblem(error)) throw new Error('no problem was thrown')
  return error
}

describe('the own-page header', () => {
  it('goes with what changes something, typed or not', async () => {
    asked.mockImplementation(() => Promise.resolve(json({})))
    await send('POST', '/v1/auth/sign-out')
    await api.DELETE('/v1/leases/{lease_id}', { params: { path: { lease_id: 4 } } })

    expect(asked.mock.calls.map(([request]) => request.headers.get('X-Plumbline'))).toEqual(['1', '1'])
  })

  it('does not go with reading', async () => {
    asked.mockImplementation(() => Promise.resolve(json({ items: [] })))
    await take(api.GET('/v1/projects'))

    expect(asked.mock.calls[0]?.[0].headers.has('X-Plumbline')).toBe(false)
  })
})

describe('a refusal', () => {
  it('keeps its code, facts and request', async () => {
    asked.mockResolvedValue(refusal('forbidden', 403))
    const problem = await caught(take(api.GET('/v1/projects')))

    expect(problem).toMatchObject({ code: 'forbidden', status: 403, detail: 'because', facts: { a: 1 }, requestId: 'r1' })
  })

  it('names the wrong field', async () => {
    const errors = [{ field: 'name', problem: 'is too long' }]
    asked.mockResolvedValue(json({ code: 'invalid_request', detail: 'name: is too long', errors }, 422))
    const problem = await caught(send('POST', '/v1/projects', { body: {} }))

    expect([problem.of('name'), problem.of('ontology')]).toEqual(['is too long', null])
  })

  it('says when to ask again', async () => {
    asked.mockResolvedValue(refusal('too_many_attempts', 429, { 'Retry-After': '30' }))

    expect((await caught(send('POST', '/v1/auth/sign-in', { body: {} }))).retryAfterS).toBe(30)
  })

  it('of a proxy that speaks no JSON keeps its status', async () => {
    asked.mockResolvedValue(new Response('<html>Bad gateway</html>', { status: 502 }))
    const problem = await caught(send('GET', '/v1/projects'))

    expect([problem.status, problem.code, problem.isPassing]).toEqual([502, 'unavailable', true])
  })
})

describe('no answer', () => {
  it.each([
    ['typed', () => take(api.GET('/v1/projects'))],
    ['untyped', () => send('GET', '/v1/projects')],
  ])('is an offline problem (%s)', async (_, call) => {
    asked.mockRejectedValue(new TypeError('Failed to fetch'))
    const problem = await caught(call())

    expect([problem.code, problem.status, problem.isPassing]).toEqual(['offline', 0, true])
  })

  it('to a call that was given up is no problem', async () => {
    asked.mockRejectedValue(new DOMException('aborted', 'AbortError'))

    await expect(send('GET', '/v1/projects')).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('the end of a session', () => {
  it('is told once to whoever listens', async () => {
    const told = vi.fn()
    whenSignedOut(told)
    asked.mockImplementation(() => Promise.resolve(refusal('unauthenticated', 401)))
    await caught(take(api.GET('/v1/projects')))

    expect(told).toHaveBeenCalledOnce()
  })

  it.each(['/v1/auth/sign-in', '/v1/me'])('is not told when %s answers for itself', async (path) => {
    const told = vi.fn()
    whenSignedOut(told)
    asked.mockResolvedValue(refusal('sign_in_failed', 401))
    await caught(send('POST', path, { body: {} }))

    expect(told).not.toHaveBeenCalled()
  })
})

it('an answer without a body is undefined', async () => {
  asked.mockResolvedValue(new Response(null, { status: 204 }))

  expect(await send('POST', '/v1/auth/sign-out')).toBeUndefined()
})

it('leaves out what a query does not say', async () => {
  asked.mockResolvedValue(json({}))
  await send('GET', '/v1/images', { query: { state: 'ready', key: null, after: 0 } })

  expect(new URL(asked.mock.calls[0]?.[0].url ?? '').search).toBe('?state=ready&after=0')
})
