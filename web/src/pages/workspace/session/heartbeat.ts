/** Says regularly that somebody is still at work, and notices when a lease is gone. */

import { isProblem } from '@/api/problem'
import { type Lease, extendLease } from './calls'

/** So many beats fit into the life of a lease, so that one may fail. */
const BEATS = 3
const LONGEST_MS = 60_000

/** Returns the function that stops it. */
export function beat(lease: Lease, onLost: (error: unknown) => void): () => void {
  const once = (): void => {
    extendLease(lease.lease_id).catch((error: unknown) => {
      if (isProblem(error) && !error.isPassing && error.status !== 401) onLost(error)
    })
  }
  // A page that slept in a background tab finds out at once.
  const onSeen = (): void => {
    if (document.visibilityState === 'visible') once()
  }
  const timer = setInterval(once, Math.min((lease.policy.lease_ttl_s * 1000) / BEATS, LONGEST_MS))
  document.addEventListener('visibilitychange', onSeen)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', onSeen)
  }
}
