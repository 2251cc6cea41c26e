// The letters themselves: what each is about, why it died, how often it was tried, and the two ways out.
import { ActionIcon, Checkbox, Tooltip } from '@mantine/core'
import { IconArrowBackUp, IconTrash } from '@tabler/icons-react'
import { RelativeTime } from '@/ui/RelativeTime'
import classes from './deadletters.module.css'
import type { Letter } from './data'
import { kindOf, reasonOf, subjectOf } from './words'

interface Props {
  letters: readonly Letter[]
  chosen: ReadonlySet<number>
  /** Whether anything can be done with them: they wait, and the person may decide. */
  mayAct: boolean
  onChoose: (ids: ReadonlySet<number>) => void
  onOpen: (letter: Letter) => void
  onRedrive: (letter: Letter) => void
  onDiscard: (letter: Letter) => void
}

export function LetterTable({ letters, chosen, mayAct, onChoose, onOpen, onRedrive, onDiscard }: Props) {
  const all = letters.every((letter) => chosen.has(letter.id))
  return (
    // A table wider than its card scrolls; the keyboard needs a place to scroll it from.
    <div className={classes.wide} tabIndex={0} role="region" aria-label="Dead letters">
      <table className={classes.table}>
        <thead>
          <tr>
            {mayAct ? (
              <th scope="col">
                <Checkbox
                  size="xs"
                  aria-label="Choose all shown"
                  checked={all}
                  indeterminate={!all && chosen.size > 0}
                  onChange={() => {
                    onChoose(all ? new Set() : new Set(letters.map((letter) => letter.id)))
                  }}
                />
              </th>
            ) : null}
            <th scope="col">Message</th>
            <th scope="col">Why it died</th>
            <th scope="col">Queue</th>
            <th scope="col" data-right>
              Tries
            </th>
            <th scope="col">Died</th>
            {mayAct ? <th scope="col" aria-label="Actions" /> : null}
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => {
            const subject = subjectOf(letter)
            return (
              <tr key={letter.id} data-chosen={chosen.has(letter.id) || undefined}>
                {mayAct ? (
                  <td>
                    <Checkbox
                      size="xs"
                      aria-label={`Choose letter ${String(letter.id)}`}
                      checked={chosen.has(letter.id)}
                      onChange={() => {
                        onChoose(toggled(chosen, letter.id))
                      }}
                    />
                  </td>
                ) : null}
                <th scope="row">
                  <button
                    type="button"
                    className={classes.open}
                    aria-label={`Open letter ${String(letter.id)}: ${subject}`}
                    onClick={() => {
                      onOpen(letter)
                    }}
                  >
                    <b>{kindOf(letter.kind)}</b>
                    <code>{subject}</code>
                  </button>
                </th>
                <td className={classes.why}>
                  <b>{reasonOf(letter.reason)}</b>
                  <span title={letter.error ?? undefined}>{letter.error || letter.remedy}</span>
                </td>
                <td>{letter.queue}</td>
                <td data-right>
                  {letter.attempts}
                  {letter.redriven_before > 0 ? (
                    <span className={classes.again}>re-driven before: {letter.redriven_before}</span>
                  ) : null}
                </td>
                <td>
                  <RelativeTime at={letter.died_at} />
                </td>
                {mayAct ? (
                  <td>
                    <span className={classes.rowActions}>
                      <Tooltip label="Re-drive">
                        <ActionIcon
                          variant="default"
                          aria-label={`Re-drive letter ${String(letter.id)}`}
                          onClick={() => {
                            onRedrive(letter)
                          }}
                        >
                          <IconArrowBackUp size={15} stroke={1.75} aria-hidden />
                        </ActionIcon>
                      </Tooltip>
                      <Tooltip label="Discard">
                        <ActionIcon
                          variant="default"
                          aria-label={`Discard letter ${String(letter.id)}`}
                          onClick={() => {
                            onDiscard(letter)
                          }}
                        >
                          <IconTrash size={15} stroke={1.75} aria-hidden />
                        </ActionIcon>
                      </Tooltip>
                    </span>
                  </td>
                ) : null}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function toggled(ids: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return next
}
