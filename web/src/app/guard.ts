// Who may see which page, and where a person without a session goes.
import type { QueryClient } from '@tanstack/react-query'
import { redirect } from '@tanstack/react-router'
import { isProblem } from '@/api/problem'
import { meQuery } from '@/api/session'
import type { Me } from '@/api/account'

const OPEN_PAGES = /^\/(sign-in|invitation)(\/|$)/
const DOOR = /^\/sign-in([/?#]|$)/

/** Return `path` when it is a path of this site, else the first page: a link must not lead elsewhere. */
export function safeNext(path: string | undefined): string {
  if (path === undefined || !path.startsWith('/') || path.startsWith('//') || path.includes('\\')) return '/projects'
  return DOOR.test(path) ? '/projects' : path
}

/** Return the search of the sign-in page that leads back to `href`, null on a page that needs no session. */
export function signInAgain(pathname: string, href: string): { next: string } | null {
  return OPEN_PAGES.test(pathname) ? null : { next: safeNext(href) }
}

/** Return who is signed in, or go to the sign-in page. */
export async function requireMe(client: QueryClient, href: string): Promise<Me> {
  try {
    return await client.ensureQueryData(meQuery)
  } catch (error) {
    if (isProblem(error) && error.status === 401) throw redirect({ to: '/sign-in', search: { next: safeNext(href) } })
    throw error
  }
}
