// Who I am: organisations to switch between, the account, signing out.
import { Menu } from '@mantine/core'
import { IconBrain, IconBuilding, IconCheck, IconLogout, IconMailX, IconUser } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { signOut, switchOrganisation, type Me } from '@/api/account'
import { deadLettersQuery, forgetSession } from '@/api/queries'
import { meQuery, powersOf } from '@/api/session'
import { Count } from '@/ui/Count'
import { initials } from '@/ui/format'
import { toastProblem } from '@/ui/toast'
import classes from './Frame.module.css'

export function UserMenu({ me }: { me: Me }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      await navigate({ to: '/sign-in' })
      forgetSession(client)
    },
    onError: toastProblem,
  })
  const move = useMutation({
    mutationFn: switchOrganisation,
    onSuccess: async (after) => {
      await navigate({ to: '/projects' })
      forgetSession(client)
      client.setQueryData(meQuery.queryKey, after)
    },
    onError: toastProblem,
  })
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <button type="button" className={classes.avatar} aria-label={`Account of ${me.name ?? me.email}`}>
          {initials(me.name ?? me.email)}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.person}>
          <strong>{me.name ?? me.email}</strong>
          <span className="pl-small pl-soft">{me.name === null ? me.organisation : me.email}</span>
          <span className="pl-small pl-faint">
            {me.role} at {me.organisation}
          </span>
        </div>
        <Menu.Divider />
        {me.memberships.length > 1 && (
          <>
            <Menu.Label>Organisation</Menu.Label>
            {me.memberships.map((one) => (
              <Menu.Item
                key={one.organisation_id}
                leftSection={<IconBuilding size={15} stroke={1.75} aria-hidden />}
                rightSection={one.organisation_id === me.organisation_id ? <IconCheck size={15} aria-label="current" /> : null}
                disabled={one.organisation_id === me.organisation_id || move.isPending}
                onClick={() => {
                  move.mutate(one.organisation_id)
                }}
              >
                {one.organisation} <span className="pl-faint">· {one.role}</span>
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        {powersOf(me).keepsModels && (
          <Menu.Item component={Link} to="/models" leftSection={<IconBrain size={15} stroke={1.75} aria-hidden />}>
            Models
          </Menu.Item>
        )}
        {powersOf(me).oversees && (
          <Menu.Item
            component={Link}
            to="/dead-letters"
            leftSection={<IconMailX size={15} stroke={1.75} aria-hidden />}
            rightSection={<DeadCount />}
          >
            Dead letters
          </Menu.Item>
        )}
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={15} stroke={1.75} aria-hidden />}>
          Account and tokens
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={15} stroke={1.75} aria-hidden />}
          onClick={() => {
            leave.mutate()
          }}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Asked only while the menu is open. */
function DeadCount() {
  const letters = useQuery(deadLettersQuery).data?.letters
  return <Count value={letters} tone={letters ? 'bad' : undefined} />
}
