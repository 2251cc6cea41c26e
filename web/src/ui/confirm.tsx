// Asks before something that cannot be taken back: `if (await confirm({...})) …`.
import { Button, Group, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { create } from 'zustand'

interface Question {
  title: string
  body: ReactNode
  /** The verb on the button, such as `Discard 12 images`. */
  action: string
  danger?: boolean
}

interface ConfirmStore {
  question: Question | null
  opened: boolean
  settle: (answer: boolean) => void
}

const useConfirmStore = create<ConfirmStore>()(() => ({ question: null, opened: false, settle: () => undefined }))

export function confirm(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (answer: boolean) => {
      useConfirmStore.setState({ opened: false })
      resolve(answer)
    }
    useConfirmStore.setState({ question, opened: true, settle })
  })
}

/** Stands once, at the root. */
export function ConfirmDialog() {
  const { question, opened, settle } = useConfirmStore()
  return (
    <Modal
      opened={opened}
      title={question?.title}
      onClose={() => {
        settle(false)
      }}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="pl-soft">{question?.body}</div>
      <Group justify="flex-end" gap={8} mt={18}>
        <Button
          variant="default"
          onClick={() => {
            settle(false)
          }}
        >
          Cancel
        </Button>
        <Button
          data-autofocus
          data-danger={question?.danger === true ? true : undefined}
          onClick={() => {
            settle(true)
          }}
        >
          {question?.action}
        </Button>
      </Group>
    </Modal>
  )
}
