// Signing in and out, and the person's own account. The routes below /v1/auth need nobody to be signed in.
import { api, take, type Schemas } from './client'

export type Me = Schemas['MeBody']
export type Role = Schemas['Role']
export type Invitation = Schemas['InvitationBody']

export const getMe = () => take(api.GET('/v1/me'))

export const getSignInOptions = () => take(api.GET('/v1/auth/options'))

export const signIn = (body: Schemas['SignInBody']) => take(api.POST('/v1/auth/sign-in', { body }))

export const signOut = () => take(api.POST('/v1/auth/sign-out'))

export const switchOrganisation = (organisationId: number) =>
  take(api.POST('/v1/auth/switch', { body: { organisation_id: organisationId } }))

export const showInvitation = (token: string) => take(api.POST('/v1/auth/invitations/show', { body: { token } }))

export const acceptInvitation = (token: string, password: string | null) =>
  take(api.POST('/v1/auth/invitations/accept', { body: { token, password } }))

export const changePassword = (body: Schemas['PasswordChangeBody']) => take(api.PUT('/v1/me/password', { body }))
