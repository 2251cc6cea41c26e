// What a person can do about a refusal, by its code; docs/errors.md says the same at length.
import type { ApiProblem } from '@/api/problem'

const REMEDIES: Record<string, string> = {
  offline: 'It is tried again by itself once the connection is back.',
  unavailable: 'This passes by itself in most cases; try again in a moment.',
  forbidden: 'Ask a manager of your organisation for the role that this needs.',
  not_found: 'It may have been removed, or it belongs to another organisation.',
  conflict: 'Load the page again to see what changed.',
  precondition_failed: 'Somebody changed it meanwhile; load the page again and repeat your change.',
  too_many_attempts: 'Wait a little before you try again.',
  internal_error: 'Tell the operator the number of the request.',
}

export function remedyOf(problem: ApiProblem): string {
  const wait = problem.retryAfterS
  if (problem.code === 'too_many_attempts' && wait !== null) return `Try again in ${String(wait)} seconds.`
  return REMEDIES[problem.code] ?? ''
}
