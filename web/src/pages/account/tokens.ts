// Personal tokens, for programs that act as this person.
import { queryOptions } from '@tanstack/react-query'
import { api, take, type Schemas } from '@/api/client'

export type Token = Schemas['TokenBody']
export type TokenScope = Schemas['TokenScope']

export const SCOPES: { value: TokenScope; label: string }[] = [
  { value: 'read', label: 'Read: see everything that you see' },
  { value: 'work', label: 'Work: claim, save and submit' },
  { value: 'manage', label: 'Manage: everything else that changes something' },
]

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: () => take(api.GET('/v1/me/tokens', { params: { query: { limit: 500 } } })),
})

export const createToken = (body: Schemas['NewTokenBody']) => take(api.POST('/v1/me/tokens', { body }))

export const revokeToken = (tokenId: number) =>
  take(api.DELETE('/v1/me/tokens/{token_id}', { params: { path: { token_id: tokenId } } }))
