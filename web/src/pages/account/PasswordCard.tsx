// Changing the password. All other sessions of the person end with it.
import { Button, PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { changePassword } from '@/api/account'
import { isProblem } from '@/api/problem'
import { Card } from '@/ui/Card'
import { isLongEnough, PasswordRule } from '@/ui/PasswordRule'
import { toast } from '@/ui/toast'
import classes from './account.module.css'

const EMPTY = { old: '', new: '' }

export function PasswordCard() {
  const [passwords, setPasswords] = useState(EMPTY)
  const change = useMutation({
    mutationFn: changePassword,
    onSuccess: () => {
      setPasswords(EMPTY)
      toast('Your other sessions have ended.', 'Password changed')
    },
  })
  const problem = isProblem(change.error) ? change.error : null
  return (
    <Card title="Password">
      <form
        className={classes.body}
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate(passwords)
        }}
      >
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          value={passwords.old}
          error={problem !== null && problem.of('new') === null ? problem.detail : null}
          onChange={(event) => {
            setPasswords({ ...passwords, old: event.currentTarget.value })
          }}
        />
        <PasswordInput
          label="New password"
          description={<PasswordRule password={passwords.new} />}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          autoComplete="new-password"
          value={passwords.new}
          error={problem?.of('new')}
          onChange={(event) => {
            setPasswords({ ...passwords, new: event.currentTarget.value })
          }}
        />
        <div>
          <Button
            type="submit"
            size="xs"
            variant="default"
            loading={change.isPending}
            disabled={passwords.old === '' || !isLongEnough(passwords.new)}
          >
            Change password
          </Button>
        </div>
      </form>
    </Card>
  )
}
