// The one way to the API: typed calls with `api`, untyped ones with `send`. Refusals are thrown as ApiProblem.
import createClient, { type Middleware } from 'openapi-fetch'
import { readProblem, unreachable, type ApiProblem } from './problem'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
// A cookie alone changes nothing: a page of another site cannot send this header.
const OWN_PAGE_HEADER = 'X-Plumbline'

// The sign-in routes say why; who asks for `/v1/me` decides what a missing session means.
const ANSWERS_FOR_ITSELF = /^\/v1\/(auth\/|me$)/

let onSignedOut: (problem: ApiProblem) => void = () => undefined

/** Say what happens when the session is over. */
export function whenSignedOut(callback: (problem: ApiProblem) => void): void {
  onSignedOut = callback
}

async function refuse(request: Request, response: Response): Promise<never> {
  const problem = await readProblem(response)
  if (problem.status === 401 && !ANSWERS_FOR_ITSELF.test(new URL(request.url).pathname)) onSignedOut(problem)
  throw problem
}

function reraise(error: unknown): never {
  if (error instanceof DOMException && error.name === 'AbortError') throw error
  throw unreachable()
}

const middleware: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method)) request.headers.set(OWN_PAGE_HEADER, '1')
    return request
  },
  async onResponse({ request, response }) {
    if (!response.ok && response.status !== 304) await refuse(request, response)
    return response
  },
  onError({ error }) {
    reraise(error)
  },
}

/** Every operation of openapi.json by its path: `api.GET('/v1/projects')`. */
export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: (request: Request) => globalThis.fetch(request),
})
api.use(middleware)

/** Return the body of a typed call: `await take(api.GET('/v1/me'))`. */
export async function take<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data } = await call
  return data as T
}

export interface SendOptions {
  query?: Record<string, string | number | boolean | null | undefined>
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/**
 * Call a route with a body that leaves defaults out, or a path that is put together.
 * Returns the body of the answer, or undefined when it has none.
 */
export async function send<T>(method: string, path: string, options: SendOptions = {}): Promise<T> {
  const url = new URL(path, globalThis.location.origin)
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== null && value !== undefined) url.searchParams.set(name, String(value))
  }
  const headers = new Headers(options.headers)
  if (!SAFE.has(method)) headers.set(OWN_PAGE_HEADER, '1')
  if (options.body !== undefined) headers.set('Content-Type', 'application/json')
  const body = options.body === undefined ? null : JSON.stringify(options.body)
  const request = new Request(url, { method, headers, body, signal: options.signal ?? null })
  const response = await globalThis.fetch(request).catch(reraise)
  if (!response.ok) await refuse(request, response)
  return (response.status === 204 ? undefined : await response.json()) as T
}
