// The pictures themselves: key, reason with its remedy, since when, how large, and the two ways out.
import { ActionIcon, Checkbox, Tooltip } from '@mantine/core'
import { IconRefresh, IconTrash } from '@tabler/icons-react'
import { RelativeTime } from '@/ui/RelativeTime'
import { bytes } from '@/ui/format'
import type { QuarantinedImage } from './data'
import classes from './quarantine.module.css'
import { remedyOf } from './reasons'

interface Props {
  images: readonly QuarantinedImage[]
  chosen: ReadonlySet<number>
  mayAct: boolean
  onChoose: (ids: ReadonlySet<number>) => void
  onRetry: (image: QuarantinedImage) => void
  onDiscard: (image: QuarantinedImage) => void
}

export function QuarantineTable({ images, chosen, mayAct, onChoose, onRetry, onDiscard }: Props) {
  const all = images.every((image) => chosen.has(image.id))
  return (
    // A table wider than its card scrolls; the keyboard needs a place to scroll it from.
    <div className={classes.wide} tabIndex={0} role="region" aria-label="Pictures put aside">
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
                    onChoose(all ? new Set() : new Set(images.map((image) => image.id)))
                  }}
                />
              </th>
            ) : null}
            <th scope="col">Key</th>
            <th scope="col">Reason and remedy</th>
            <th scope="col">Since</th>
            <th scope="col" data-right>
              Size
            </th>
            {mayAct ? <th scope="col" aria-label="Actions" /> : null}
          </tr>
        </thead>
        <tbody>
          {images.map((image) => (
            <Row
              key={image.id}
              image={image}
              chosen={chosen.has(image.id)}
              mayAct={mayAct}
              onToggle={() => {
                onChoose(toggled(chosen, image.id))
              }}
              onRetry={() => {
                onRetry(image)
              }}
              onDiscard={() => {
                onDiscard(image)
              }}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface RowProps {
  image: QuarantinedImage
  chosen: boolean
  mayAct: boolean
  onToggle: () => void
  onRetry: () => void
  onDiscard: () => void
}

function Row({ image, chosen, mayAct, onToggle, onRetry, onDiscard }: RowProps) {
  const { title, remedy, retryHelps } = remedyOf(image.reason)
  return (
    <tr data-chosen={chosen || undefined}>
      {mayAct ? (
        <td>
          <Checkbox size="xs" aria-label={`Choose ${image.key}`} checked={chosen} onChange={onToggle} />
        </td>
      ) : null}
      <th scope="row">
        <code>{image.key}</code>
      </th>
      <td className={classes.why}>
        <b>{title}</b>
        <span>{image.detail ?? remedy}</span>
      </td>
      <td>
        <RelativeTime at={image.state_since} />
      </td>
      <td data-right>{image.bytes === null ? '–' : bytes(image.bytes)}</td>
      {mayAct ? (
        <td>
          <span className={classes.rowActions}>
            <Tooltip label={retryHelps ? 'Try again' : 'Try again, once a better file lies under the key'}>
              <ActionIcon variant="default" aria-label={`Try ${image.key} again`} onClick={onRetry}>
                <IconRefresh size={15} stroke={1.75} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Discard">
              <ActionIcon variant="default" aria-label={`Discard ${image.key}`} onClick={onDiscard}>
                <IconTrash size={15} stroke={1.75} aria-hidden />
              </ActionIcon>
            </Tooltip>
          </span>
        </td>
      ) : null}
    </tr>
  )
}

function toggled(ids: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return next
}
