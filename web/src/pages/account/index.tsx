// Who I am here, how the pages look, my password, and the tokens of my programs.
import { SegmentedControl } from '@mantine/core'
import { useMe } from '@/api/session'
import { Card } from '@/ui/Card'
import { Page } from '@/ui/Page'
import { useSchemeChoice, type SchemeChoice } from '@/ui/scheme'
import classes from './account.module.css'
import { PasswordCard } from './PasswordCard'
import { TokensCard } from './TokensCard'

export default function AccountPage() {
  const me = useMe()
  return (
    <Page title="Account" hint={me.email}>
      <div className={classes.columns}>
        <div className={classes.column}>
          <Card title="You">
            <dl className={classes.facts}>
              <dt>Name</dt>
              <dd>{me.name ?? '–'}</dd>
              <dt>E-mail address</dt>
              <dd>{me.email}</dd>
              <dt>Organisation</dt>
              <dd>
                {me.organisation} <span className="pl-faint">({me.kind})</span>
              </dd>
              <dt>Role</dt>
              <dd>{me.role}</dd>
              <dt>Member number</dt>
              <dd>{me.member_id}</dd>
            </dl>
          </Card>
          <AppearanceCard />
          <PasswordCard />
        </div>
        <TokensCard />
      </div>
    </Page>
  )
}

function AppearanceCard() {
  const { choice, choose } = useSchemeChoice()
  return (
    <Card title="Colours">
      <div className={classes.body}>
        <SegmentedControl
          aria-label="Colours"
          size="xs"
          value={choice}
          onChange={(value) => {
            choose(value as SchemeChoice)
          }}
          data={[
            { value: 'auto', label: 'Automatic' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
        />
        <p className="pl-small pl-faint">
          Automatic follows the system; the workspace and the review are dark then, because pictures are judged better so.
        </p>
      </div>
    </Card>
  )
}
