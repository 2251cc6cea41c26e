// Accepting an invitation: who invites as what, and the password if the person has none yet.
import { Button, PasswordInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { acceptInvitation, showInvitation, type Invitation } from '@/api/account'
import { isProblem } from '@/api/problem'
import { forgetSession } from '@/api/queries'
import { meQuery } from '@/api/session'
import { PasswordRule, isLongEnough } from '@/ui/PasswordRule'
import { Door } from '@/ui/door/Door'
import classes from '@/ui/door/Door.module.css'

const route = getRouteApi('/invitation/$token')

export default function InvitationPage() {
  const { token } = route.useParams()
  const invitation = useQuery({ queryKey: ['invitation', token], queryFn: () => showInvitation(token), retry: false })
  if (invitation.isPending) return <Door title="Invitation" lead="Looking it up…" />
  if (invitation.isError) {
    return (
      <Door title="This invitation does not open" problem={why(invitation.error)} foot={<Link to="/sign-in">Sign in</Link>} />
    )
  }
  return <Acceptance token={token} invitation={invitation.data} />
}

function Acceptance({ token, invitation }: { token: string; invitation: Invitation }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [password, setPassword] = useState('')
  const accept = useMutation({
    mutationFn: () => acceptInvitation(token, invitation.needs_password ? password : null),
    onSuccess: (me) => {
      forgetSession(client)
      client.setQueryData(meQuery.queryKey, me)
      void navigate({ to: '/projects' })
    },
  })
  return (
    <Door
      title={`Join ${invitation.organisation}`}
      lead={
        <>
          You were invited as <strong>{invitation.role}</strong> with the address <strong>{invitation.email}</strong>.
        </>
      }
      problem={accept.error === null ? null : why(accept.error)}
      foot={
        invitation.needs_password ? undefined : (
          // Who has a password already shows with it that the invitation reached the right person.
          <Link to="/sign-in" search={{ next: `/invitation/${token}` }}>
            Sign in as {invitation.email}
          </Link>
        )
      }
    >
      <form
        className={classes.fields}
        onSubmit={(event) => {
          event.preventDefault()
          accept.mutate()
        }}
      >
        {/* Tells the browser's password store whose password this is. */}
        <input type="hidden" name="username" autoComplete="username" value={invitation.email} readOnly />
        {invitation.needs_password && (
          <PasswordInput
            label="Choose a password"
            description={<PasswordRule password={password} />}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            autoComplete="new-password"
            required
            withAsterisk={false}
            autoFocus
            value={password}
            onChange={(event) => {
              setPassword(event.currentTarget.value)
            }}
          />
        )}
        <Button
          type="submit"
          fullWidth
          loading={accept.isPending}
          disabled={invitation.needs_password && !isLongEnough(password)}
        >
          {invitation.needs_password ? 'Accept and sign in' : 'Accept'}
        </Button>
      </form>
    </Door>
  )
}

function why(error: unknown): string {
  if (isProblem(error, 'link_expired')) return 'It was used already or is too old. Ask for a new one.'
  if (isProblem(error, 'not_found')) return 'There is no such invitation. Check that the whole address was copied.'
  return isProblem(error) ? error.detail : 'Something broke while it was looked up.'
}
