// Why somebody did not get in, in a sentence, by the code of the refusal.
import { isProblem } from '@/api/problem'
import { counted } from '@/ui/format'

const TEXTS: Record<string, string> = {
  sign_in_failed: 'The address and the password do not fit together.',
  oidc_failed: 'Your identity provider did not confirm who you are. Try again.',
  no_member: 'You are known to your identity provider, but nobody has invited you here yet.',
  offline: 'Plumbline cannot be reached. Check the connection and try again.',
  unavailable: 'Signing in does not work at this moment. Try again shortly.',
}

/** The text for a code that came in the address, after a round over the identity provider. */
export function textOfCode(code: string | undefined): string | null {
  if (code === undefined) return null
  return TEXTS[code] ?? `Signing in failed (${code}).`
}

export function textOfProblem(error: unknown): string | null {
  if (error === null || error === undefined) return null
  if (!isProblem(error)) return 'Signing in failed.'
  if (error.code === 'too_many_attempts') {
    const wait = error.retryAfterS
    return wait === null
      ? 'Too many attempts. Wait a little before the next one.'
      : `Too many attempts. Try again in ${counted(wait, 'second')}.`
  }
  return TEXTS[error.code] ?? error.detail
}
