// Asks how fast letters go back, says that this cannot be undone, and shows how far it is.
import { Button, Group, Modal, NumberInput, Progress } from '@mantine/core'
import { useState } from 'react'
import { counted } from '@/ui/format'
import { lasting } from './words'

const RATE_PER_S = 20
const FASTEST = 1_000
const SLOWEST = 0.1

interface Props {
  count: number
  /** Null until it has begun. */
  done: number | null
  onBegin: (ratePerS: number) => void
  onStop: () => void
  onClose: () => void
}

export function RedriveDialog({ count, done, onBegin, onStop, onClose }: Props) {
  const [rate, setRate] = useState<number>(RATE_PER_S)
  const valid = rate >= SLOWEST && rate <= FASTEST
  const busy = done !== null
  const letters = counted(count, 'letter')
  return (
    <Modal
      opened
      title={`Re-drive ${letters}`}
      onClose={busy ? onStop : onClose}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (valid && !busy) onBegin(rate)
        }}
      >
        <p className="pl-soft">
          {count === 1 ? 'It goes back into its queue and is' : 'They go back into their queues and are'} handled as if
          nothing had happened. This cannot be taken back. What dies again comes back here.
        </p>
        {count > 1 ? (
          <NumberInput
            mt={12}
            label="Messages a second"
            description={valid ? `They leave ${lasting(count, rate)}.` : `From ${String(SLOWEST)} to ${String(FASTEST)}.`}
            value={rate}
            onChange={(value) => {
              setRate(Number(value))
            }}
            min={SLOWEST}
            max={FASTEST}
            disabled={busy}
            error={!valid}
            data-autofocus
          />
        ) : null}
        {busy && count > 1 ? (
          <div role="status">
            <Progress mt={14} value={(100 * Math.min(done, count)) / count} aria-label="Letters on their way back" />
            <p className="pl-small pl-soft">
              {done} of {count} on their way back
            </p>
          </div>
        ) : null}
        <Group justify="flex-end" gap={8} mt={16}>
          <Button variant="default" onClick={busy ? onStop : onClose}>
            {busy ? 'Stop' : 'Cancel'}
          </Button>
          <Button type="submit" disabled={!valid} loading={busy} data-autofocus={count === 1 || undefined}>
            Re-drive
          </Button>
        </Group>
      </form>
    </Modal>
  )
}
