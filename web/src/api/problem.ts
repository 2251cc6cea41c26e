// Every refusal of the API as one error with a stable code; what no server said is an `offline` problem.

export interface FieldProblem {
  field: string
  problem: string
}

interface ProblemParts {
  code: string
  status: number
  title: string
  detail: string
  facts?: Record<string, unknown>
  errors?: FieldProblem[]
  requestId?: string | null
  retryAfterS?: number | null
}

export class ApiProblem extends Error {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly facts: Record<string, unknown>
  readonly errors: FieldProblem[]
  readonly requestId: string | null
  /** Seconds after which the server wants to be asked again, when it said so. */
  readonly retryAfterS: number | null

  constructor(parts: ProblemParts) {
    super(parts.detail || parts.title)
    this.name = 'ApiProblem'
    this.code = parts.code
    this.status = parts.status
    this.title = parts.title
    this.detail = parts.detail
    this.facts = parts.facts ?? {}
    this.errors = parts.errors ?? []
    this.requestId = parts.requestId ?? null
    this.retryAfterS = parts.retryAfterS ?? null
  }

  /** Return what is wrong with a field of the request, null when nothing is. */
  of(field: string): string | null {
    return this.errors.find((error) => error.field === field)?.problem ?? null
  }

  /** Whether the same request may succeed a little later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

export function isProblem(error: unknown, code?: string): error is ApiProblem {
  return error instanceof ApiProblem && (code === undefined || error.code === code)
}

/** Read a refused response; what is not problem+json (a proxy's page) keeps its status. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const body = await readJson(response)
  const retryAfter = Number(response.headers.get('Retry-After') ?? NaN)
  return new ApiProblem({
    code: text(body.code) ?? (response.status >= 500 ? 'unavailable' : 'http_error'),
    status: response.status,
    title: text(body.title) ?? `The server answered ${String(response.status)}`,
    detail: text(body.detail) ?? `The server answered ${String(response.status)} without saying why.`,
    facts: isRecord(body.facts) ? body.facts : {},
    errors: Array.isArray(body.errors) ? body.errors.filter(isFieldProblem) : [],
    requestId: text(body.request_id),
    retryAfterS: Number.isFinite(retryAfter) ? retryAfter : null,
  })
}

/** The problem of a request that got no answer at all. */
export function unreachable(): ApiProblem {
  return new ApiProblem({
    code: 'offline',
    status: 0,
    title: 'Plumbline cannot be reached',
    detail: 'No answer came. Check the connection; nothing that was saved is lost.',
  })
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json()
    return isRecord(body) ? body : {}
  } catch {
    return {}
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return isRecord(value) && typeof value.field === 'string' && typeof value.problem === 'string'
}
