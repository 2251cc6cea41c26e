// Makes a token and shows its secret once.
import { Button, Checkbox, Code, CopyButton, Group, Modal, Select, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { isProblem } from '@/api/problem'
import classes from './account.module.css'
import { createToken, SCOPES, tokensQuery, type TokenScope } from './tokens'

interface NewTokenDialogProps {
  opened: boolean
  onClose: () => void
}

export function NewTokenDialog({ opened, onClose }: NewTokenDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="New token" closeButtonProps={{ 'aria-label': 'Close' }}>
      <NewTokenForm onDone={onClose} />
    </Modal>
  )
}

function NewTokenForm({ onDone }: { onDone: () => void }) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<TokenScope[]>(['read'])
  const [days, setDays] = useState('90')
  const create = useMutation({
    mutationFn: () => createToken({ name: name.trim(), scopes, expires_in_days: days === '' ? null : Number(days) }),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
  if (create.data !== undefined) return <Secret token={create.data.token} onDone={onDone} />
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <TextInput
        label="Name"
        placeholder="nightly export"
        maxLength={100}
        data-autofocus
        value={name}
        onChange={(event) => {
          setName(event.currentTarget.value)
        }}
      />
      <Checkbox.Group
        label="What it may do"
        value={scopes}
        onChange={(value) => {
          setScopes(value as TokenScope[])
        }}
      >
        <div className={classes.scopes}>
          {SCOPES.map((scope) => (
            <Checkbox key={scope.value} value={scope.value} label={scope.label} />
          ))}
        </div>
      </Checkbox.Group>
      <Select
        label="Ends"
        allowDeselect={false}
        value={days}
        onChange={(value) => {
          setDays(value ?? '')
        }}
        data={[
          { value: '30', label: 'in 30 days' },
          { value: '90', label: 'in 90 days' },
          { value: '365', label: 'in a year' },
          { value: '', label: 'never' },
        ]}
      />
      <div role="alert" className={classes.problem}>
        {isProblem(create.error) ? create.error.detail : null}
      </div>
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" loading={create.isPending} disabled={name.trim() === '' || scopes.length === 0}>
          Create token
        </Button>
      </Group>
    </form>
  )
}

function Secret({ token, onDone }: { token: string; onDone: () => void }) {
  return (
    <div className={classes.form}>
      <p className="pl-soft">Copy it now: it is kept nowhere and is not shown again.</p>
      <Code block data-testid="token">
        {token}
      </Code>
      <Group justify="flex-end" gap={8}>
        <CopyButton value={token}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onDone}>Done</Button>
      </Group>
    </div>
  )
}
