// Says that the supervisor is still at work, and notices when the lease is gone.
import { useEffect, useState } from 'react'
import { isProblem } from '@/api/problem'
import { keepAlive, type Lease } from './data'

/** So many beats fit into the life of a lease, so that one may fail. */
const BEATS = 3
const LONGEST_MS = 60_000

/** Whether the lease is lost; `true` stays for this lease. */
export function useHeartbeat(lease: Lease): boolean {
  const [lostId, setLostId] = useState<number | null>(null)
  const { lease_id: id } = lease
  const every = Math.min((lease.policy.lease_ttl_s * 1000) / BEATS, LONGEST_MS)

  useEffect(() => {
    const beat = () => {
      keepAlive(id).catch((error: unknown) => {
        if (isProblem(error) && !error.isPassing) setLostId(id)
      })
    }
    const timer = setInterval(beat, every)
    // A page that slept in a background tab finds out at once.
    const onSeen = () => {
      if (document.visibilityState === 'visible') beat()
    }
    document.addEventListener('visibilitychange', onSeen)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onSeen)
    }
  }, [id, every])

  return lostId === id
}
