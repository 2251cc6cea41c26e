// Sends work back to those who did it: whose, and what to change.
import { Button, Checkbox, Chip, Group, Modal, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import { counted } from '@/ui/format'
import type { Review } from './verdicts'

const STARTERS = ['Wrong class.', 'Loose outline.', 'Missed object.', 'Holes are missing.'] as const

interface Props {
  answers: Review['answers']
  busy: boolean
  onSend: (leaseIds: readonly number[], feedback: string) => void
  onClose: () => void
}

export function SendBackDialog({ answers, busy, onSend, onClose }: Props) {
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [feedback, setFeedback] = useState('')
  const ready = chosen.length > 0 && feedback.trim() !== ''
  return (
    <Modal opened title="Send back" onClose={onClose} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) onSend(chosen.map(Number), feedback)
        }}
      >
        <Checkbox.Group
          label="Whose work goes back"
          description="Each gets this task again with your words; your choices here are not used."
          value={[...chosen]}
          onChange={setChosen}
        >
          <Stack gap={6} mt={8}>
            {answers.map(({ lease_id: id, label, objects }) => (
              <Checkbox key={id} size="xs" value={String(id)} label={`Version ${label}, ${counted(objects, 'object')}`} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group gap={6} mt={14} role="group" aria-label="Beginnings">
          {STARTERS.map((starter) => (
            <Chip
              key={starter}
              size="xs"
              variant="outline"
              checked={feedback.includes(starter)}
              onChange={(on) => {
                setFeedback(on ? `${feedback} ${starter}`.trim() : feedback.replace(starter, '').trim())
              }}
            >
              {starter.slice(0, -1)}
            </Chip>
          ))}
        </Group>
        <Textarea
          label="What to change"
          mt={10}
          required
          autosize
          minRows={3}
          maxLength={4_000}
          value={feedback}
          onChange={(event) => {
            setFeedback(event.currentTarget.value)
          }}
        />
        <Group justify="flex-end" gap={8} mt={16}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!ready} loading={busy}>
            {chosen.length > 1 ? `Send ${chosen.length} versions back` : 'Send back'}
          </Button>
        </Group>
      </form>
    </Modal>
  )
}
