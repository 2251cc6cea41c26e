// The person's tokens: what each may do, when it was used, making one (its secret is shown once), ending one.
import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Card } from '@/ui/Card'
import { confirm } from '@/ui/confirm'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { date } from '@/ui/format'
import { Pill } from '@/ui/Pill'
import { RelativeTime } from '@/ui/RelativeTime'
import { Rows } from '@/ui/Rows'
import small from '@/ui/small.module.css'
import { toastProblem } from '@/ui/toast'
import classes from './account.module.css'
import { NewTokenDialog } from './NewTokenDialog'
import { revokeToken, tokensQuery, type Token } from './tokens'

export function TokensCard() {
  const query = useQuery(tokensQuery)
  const [creating, dialog] = useDisclosure(false)
  const tokens = query.data?.items ?? []
  return (
    <Card
      title="Tokens"
      head={
        <>
          <span className="pl-grow pl-small pl-faint">for programs that act as you</span>
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={dialog.open}>
            New token
          </Button>
        </>
      }
    >
      {query.isPending && <Rows count={3} />}
      {query.isError && <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && tokens.length === 0 && (
        <EmptyState icon={IconKey} title="No token">
          The command line and the Python client sign in with one.
        </EmptyState>
      )}
      {tokens.length > 0 && <TokenTable tokens={tokens} />}
      <NewTokenDialog opened={creating} onClose={dialog.close} />
    </Card>
  )
}

function TokenTable({ tokens }: { tokens: Token[] }) {
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: revokeToken,
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
    onError: toastProblem,
  })

  async function ask(token: Token): Promise<void> {
    const sure = await confirm({
      title: 'End this token?',
      body: `Programs that use “${token.name ?? `#${String(token.id)}`}” are refused from now on.`,
      action: 'End token',
      danger: true,
    })
    if (sure) revoke.mutate(token.id)
  }

  return (
    <div className={classes.scroll}>
      <table className={small.table}>
        <caption className="pl-hidden">Your tokens</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">Used</th>
            <th scope="col">Ends</th>
            <th scope="col">
              <span className="pl-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <th scope="row">{token.name ?? `#${String(token.id)}`}</th>
              <td>
                <span className="pl-row">
                  {token.scopes.map((scope) => (
                    <Pill key={scope} small>
                      {scope}
                    </Pill>
                  ))}
                </span>
              </td>
              <td className="pl-soft">{token.used_at === null ? 'never' : <RelativeTime at={token.used_at} />}</td>
              <td className="pl-soft">{token.expires_at === null ? 'never' : date(token.expires_at)}</td>
              <td data-right>
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`End token ${token.name ?? String(token.id)}`}
                  onClick={() => void ask(token)}
                >
                  End
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
