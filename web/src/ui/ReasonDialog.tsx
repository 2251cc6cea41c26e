// Asks for a reason before something that others will want explained.
import { Button, Group, Modal, Textarea } from '@mantine/core'
import { useState, type ReactNode } from 'react'

const LONGEST = 2_000

interface Props {
  title: string
  /** What will happen, in a sentence or two. */
  children?: ReactNode
  /** Over the field, such as `Why is it opened again?` */
  question: string
  /** The verb on the button. */
  action: string
  danger?: boolean
  busy?: boolean
  onSettle: (reason: string) => void
  onClose: () => void
}

/** Stands only while it is open, so that each question begins with an empty field. */
export function ReasonDialog({ title, children, question, action, danger = false, busy, onSettle, onClose }: Props) {
  const [reason, setReason] = useState('')
  const given = reason.trim()
  return (
    <Modal opened title={title} onClose={onClose} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (given !== '') onSettle(given)
        }}
      >
        {children === undefined ? null : <div className="pl-soft">{children}</div>}
        <Textarea
          label={question}
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value)
          }}
          data-autofocus
          required
          autosize
          minRows={2}
          maxLength={LONGEST}
          mt={children === undefined ? 0 : 12}
        />
        <Group justify="flex-end" gap={8} mt={16}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={given === ''} loading={busy === true} data-danger={danger || undefined}>
            {action}
          </Button>
        </Group>
      </form>
    </Modal>
  )
}
