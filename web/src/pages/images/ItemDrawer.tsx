// One image beside the grid: large, with its lineage and what may be done with it.
import { ActionIcon, Button, Skeleton } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { LabelledPicture } from '@/ui/shapes/LabelledPicture'
import type { ClassSpec } from '@/ui/shapes/schema'
import { isAllowed } from './actions'
import { imageQuery, storyQuery, type Action, type Item } from './data'
import classes from './drawer.module.css'
import { lineageOf } from './lineage'
import { Lineage } from './Lineage'
import { State, nameOf, sizeOf, sourceOf } from './Tile'

interface Props {
  item: Item
  ontology: readonly ClassSpec[]
  showLabels: boolean
  rights: ReadonlySet<Action>
  onStep: ((step: 1 | -1) => void) | null
  onAct: (action: Action) => void
  onClose: () => void
}

const BUTTONS: readonly { action: Action; word: string; danger?: boolean }[] = [
  { action: 'freeze', word: 'Freeze' },
  { action: 'unfreeze', word: 'Unfreeze' },
  { action: 'reopen', word: 'Open again' },
  { action: 'cancel', word: 'Cancel task', danger: true },
]

export function ItemDrawer({ item, ontology, showLabels, rights, onStep, onAct, onClose }: Props) {
  const { task } = item
  const buttons = task === null ? [] : BUTTONS.filter(({ action }) => rights.has(action) && isAllowed(action, task))
  return (
    <aside className={classes.drawer} aria-label={`Image ${item.key}`}>
      <header className={classes.drawerHead}>
        <h2 title={item.key}>{nameOf(item.key)}</h2>
        <State task={task} />
        <span className="pl-grow" />
        {onStep === null ? null : (
          <>
            <ActionIcon
              variant="default"
              aria-label="Previous image"
              onClick={() => {
                onStep(-1)
              }}
            >
              <IconChevronLeft size={16} aria-hidden />
            </ActionIcon>
            <ActionIcon
              variant="default"
              aria-label="Next image"
              onClick={() => {
                onStep(1)
              }}
            >
              <IconChevronRight size={16} aria-hidden />
            </ActionIcon>
          </>
        )}
        <ActionIcon variant="default" aria-label="Close" onClick={onClose}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </header>
      <div className={classes.large}>
        <LabelledPicture
          key={item.id}
          src={item.url ?? item.thumbnail_url}
          alt={`Picture ${nameOf(item.key)}`}
          size={sizeOf(item)}
          final={showLabels ? item.final : null}
          prelabels={showLabels ? item.prelabels : null}
          ontology={ontology}
          fit="contain"
          scores
        />
      </div>
      <Facts item={item} />
      {/* It scrolls and holds nothing else that takes the focus. */}
      <div className={classes.history} role="region" aria-label="Lineage" tabIndex={0}>
        <h3 className="pl-caps">Lineage</h3>
        <History item={item} />
      </div>
      {buttons.length > 0 ? (
        <footer className={classes.drawerFoot}>
          {buttons.map(({ action, word, danger }) => (
            <Button
              key={action}
              variant="default"
              data-danger={danger || undefined}
              onClick={() => {
                onAct(action)
              }}
            >
              {word}
            </Button>
          ))}
        </footer>
      ) : null}
    </aside>
  )
}

function Facts({ item }: { item: Item }) {
  const facts: readonly (readonly [string, string])[] = [
    item.final === null
      ? ['Pre-labels', item.prelabels === null ? 'none' : [String(item.prelabels.length), sourceOf(item)].filter(Boolean).join(' by ')]
      : ['Final objects', String(item.final.length)],
    ['Votes', item.task === null ? '–' : `${item.task.votes} of ${item.task.target}`],
    ['Size, px', item.width === null || item.height === null ? '–' : `${item.width} × ${item.height}`],
  ]
  return (
    <dl className={classes.facts}>
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function History({ item }: { item: Item }) {
  const image = useQuery(imageQuery(item.image_id))
  const story = useQuery({ ...storyQuery(item.task?.id ?? 0), enabled: item.task !== null })
  const failed = image.error ?? story.error
  if (failed !== null)
    return (
      <ErrorPanel
        error={failed}
        onRetry={() => {
          void image.refetch()
          if (item.task !== null) void story.refetch()
        }}
      />
    )
  if (image.data === undefined || (item.task !== null && story.data === undefined))
    return (
      <div aria-busy="true" aria-label="Loading">
        {[0, 1, 2, 3].map((row) => (
          <Skeleton key={row} height={38} mb={10} />
        ))}
      </div>
    )
  return <Lineage steps={lineageOf({ image: image.data, story: story.data ?? null, prelabels: item.prelabels })} />
}
