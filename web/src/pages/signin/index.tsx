// Signing in with a password or over the organisation's identity provider; then the organisation, if there are several.
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { IconBuilding, IconKey } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { getSignInOptions, signIn, switchOrganisation, type Me } from '@/api/account'
import { meQuery } from '@/api/session'
import { safeNext } from '@/app/guard'
import { Door } from '@/ui/door/Door'
import classes from '@/ui/door/Door.module.css'
import { textOfCode, textOfProblem } from './problems'

const route = getRouteApi('/sign-in')

export default function SignInPage() {
  const { next, error } = route.useSearch()
  const client = useQueryClient()
  const router = useRouter()
  const [chooser, setChooser] = useState<Me | null>(null)

  function enter(me: Me): void {
    client.setQueryData(meQuery.queryKey, me)
    router.history.push(safeNext(next))
  }

  if (chooser !== null) return <OrganisationChoice me={chooser} onChosen={enter} />
  return (
    <Credentials
      next={safeNext(next)}
      arrivedWith={textOfCode(error)}
      onSignedIn={(me) => {
        if (me.memberships.length > 1) setChooser(me)
        else enter(me)
      }}
    />
  )
}

interface CredentialsProps {
  next: string
  arrivedWith: string | null
  onSignedIn: (me: Me) => void
}

function Credentials({ next, arrivedWith, onSignedIn }: CredentialsProps) {
  const options = useQuery({ queryKey: ['sign-in-options'], queryFn: getSignInOptions, staleTime: Infinity })
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const attempt = useMutation({ mutationFn: signIn, onSuccess: onSignedIn })
  const problem = attempt.isPending ? null : (textOfProblem(attempt.error) ?? arrivedWith ?? textOfProblem(options.error))
  const oidc = options.data?.oidc ?? null
  return (
    <Door
      title="Sign in"
      lead="From a bucket of images to labels that a client can trust."
      problem={problem}
      foot="No account yet? Somebody who manages your organisation sends the invitation."
    >
      {options.data?.password !== false && (
        <form
          className={classes.fields}
          onSubmit={(event) => {
            event.preventDefault()
            attempt.mutate({ email: email.trim(), password })
          }}
        >
          <TextInput
            label="E-mail address"
            type="email"
            name="email"
            autoComplete="username"
            required
            withAsterisk={false}
            autoFocus
            value={email}
            onChange={(event) => {
              setEmail(event.currentTarget.value)
            }}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => {
              setPassword(event.currentTarget.value)
            }}
          />
          <Button type="submit" fullWidth loading={attempt.isPending}>
            Sign in
          </Button>
        </form>
      )}
      {oidc !== null && (
        <>
          {options.data?.password !== false && <div className={classes.or}>or</div>}
          <Button
            component="a"
            href={`/v1/auth/oidc/start?next=${encodeURIComponent(next)}`}
            variant="default"
            fullWidth
            leftSection={<IconKey size={16} stroke={1.75} aria-hidden />}
          >
            Continue with {oidc.name}
          </Button>
        </>
      )}
    </Door>
  )
}

function OrganisationChoice({ me, onChosen }: { me: Me; onChosen: (me: Me) => void }) {
  const move = useMutation({
    mutationFn: (organisationId: number) =>
      organisationId === me.organisation_id ? Promise.resolve(me) : switchOrganisation(organisationId),
    onSuccess: onChosen,
  })
  return (
    <Door
      title="Which organisation?"
      lead={`${me.name ?? me.email} belongs to several. You can change later in the menu at the top right.`}
      problem={textOfProblem(move.error)}
    >
      <div className={classes.choices}>
        {me.memberships.map((one) => (
          <button
            key={one.organisation_id}
            type="button"
            className={classes.choice}
            disabled={move.isPending}
            onClick={() => {
              move.mutate(one.organisation_id)
            }}
          >
            <IconBuilding size={17} stroke={1.75} aria-hidden />
            <span className="pl-grow">{one.organisation}</span>
            <span className="pl-faint pl-small">{one.role}</span>
          </button>
        ))}
      </div>
    </Door>
  )
}
