// Who is asking. Every page below the frame has a `Me`; without one the router goes to the sign-in page.
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { getMe, type Me } from './account'

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: getMe, staleTime: 30_000 })

export function useMe(): Me {
  return useSuspenseQuery(meQuery).data
}

/** What a role may do; the API refuses the rest in any case. */
export interface Powers {
  /** Sees counts, images and agreement. Who labels does not: what others answered must not show. */
  oversees: boolean
  manages: boolean
  labels: boolean
  reviews: boolean
  ownsProjects: boolean
  /** Keeps the organisation's models and says which of them a project is pre-labelled by. */
  keepsModels: boolean
}

export function powersOf(me: Pick<Me, 'kind' | 'role'>): Powers {
  const manages = me.role === 'manager' || me.role === 'admin'
  const vendor = me.kind === 'vendor'
  return {
    oversees: me.role !== 'annotator',
    manages,
    labels: me.role === 'annotator' || me.role === 'supervisor',
    reviews: me.role === 'supervisor',
    ownsProjects: !vendor && manages,
    keepsModels: !vendor && (manages || me.role === 'client'),
  }
}
