// Every image of a project in a grid with its labels drawn on it, filters beside it, and one image at a time in full.
import { Button, SegmentedControl, Skeleton } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { IconFilter, IconPhotoOff, IconPhotoSearch, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { progressQuery } from '@/api/queries'
import { useMe } from '@/api/session'
import { useProject } from '@/app/project'
import { Count } from '@/ui/Count'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Pager } from '@/ui/Pager'
import { usePages } from '@/ui/pages'
import { rightsOf } from './actions'
import { fetchItems, itemsKey, type Item } from './data'
import { FilterPanel } from './FilterPanel'
import { chipsOf, parseFilters, withFilter, type Filters } from './filters'
import classes from './images.module.css'
import { ItemDrawer } from './ItemDrawer'
import { SelectionBar } from './SelectionBar'
import { useSelection } from './selection'
import { Tile } from './Tile'
import { useTaskActions } from './useTaskActions'

export default function ImagesPage() {
  const project = useProject()
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const filters = useMemo(() => parseFilters(search), [search])
  const openedId = Number(search.item) || null
  const navigate = useNavigate()
  const go = (next: Filters, item: number | null, replace = false) => {
    const to = { ...next, ...(item === null ? {} : { item }) }
    void navigate({ to: '/projects/$projectId/images', params: { projectId: project.id }, search: to, replace })
  }
  useDocumentTitle(`Images · ${project.name} · Plumbline`)

  const me = useMe()
  const rights = rightsOf(me)
  const progress = useQuery(progressQuery(project.id)).data
  const pages = usePages<Item>({
    key: [...itemsKey(project.id), filters],
    fetch: (after, signal) => fetchItems(project.id, filters, after, signal),
  })
  const { items } = pages
  const selection = useSelection(items)
  const actions = useTaskActions(project.id, selection.clear)
  const [shown, setShown] = useState<'labels' | 'off'>('labels')
  const [narrowFilters, setNarrowFilters] = useState(false)
  const at = items.findIndex((item) => item.id === openedId)
  const opened = items[at]
  const close = () => {
    go(filters, null)
  }
  useEscape(opened !== undefined, close)

  const ontology = project.ontology.classes
  return (
    <div className={classes.layout} data-drawer={opened !== undefined || undefined}>
      <div className={classes.bar}>
        <h1>Images</h1>
        <Button
          className={classes.filterButton}
          size="xs"
          variant="default"
          leftSection={<IconFilter size={14} aria-hidden />}
          aria-expanded={narrowFilters}
          onClick={() => {
            setNarrowFilters(!narrowFilters)
          }}
        >
          Filters
        </Button>
        {chipsOf(filters, ontology).map(({ name, label }) => (
          <button
            key={name}
            type="button"
            className={classes.chip}
            aria-label={`Remove the filter ${label}`}
            onClick={() => {
              go(withFilter(filters, name, null), null)
            }}
          >
            {label} <IconX size={12} aria-hidden />
          </button>
        ))}
        <span className="pl-grow" />
        <span className="pl-soft pl-small" role="status">
          {pages.isSuccess ? `${items.length}${pages.hasNextPage ? '+' : ''} shown` : ''}
        </span>
        <SegmentedControl
          size="xs"
          aria-label="Labels on the pictures"
          value={shown}
          onChange={setShown}
          data={[
            { value: 'labels', label: 'Final, else pre-label' },
            { value: 'off', label: 'Off' },
          ]}
        />
      </div>
      <div className={classes.side} data-open={narrowFilters || undefined}>
        <FilterPanel
          filters={filters}
          ontology={ontology}
          counts={progress?.tasks}
          onChange={(next) => {
            selection.clear()
            go(next, null, true)
          }}
        >
          {me.kind === 'client' ? (
            <Link className={classes.aside} to="/projects/$projectId/quarantine" params={{ projectId: project.id }}>
              Quarantine <Count value={progress?.quarantined} tone={progress?.quarantined ? 'bad' : undefined} />
            </Link>
          ) : null}
        </FilterPanel>
      </div>
      <div className={classes.scroll}>
        {pages.isPending ? <Loading /> : null}
        {pages.isError ? <ErrorPanel error={pages.error} onRetry={() => void pages.refetch()} /> : null}
        {pages.isSuccess && items.length === 0 && !pages.hasNextPage ? (
          <Nothing
            filtered={Object.keys(filters).length > 0}
            onClear={() => {
              go({}, null)
            }}
          />
        ) : null}
        <ul className={classes.grid} aria-label="Images">
          {items.map((item) => (
            <Tile
              key={item.id}
              item={item}
              ontology={ontology}
              showLabels={shown === 'labels'}
              chosen={selection.ids.has(item.id)}
              opened={item.id === openedId}
              onOpen={() => {
                go(filters, item.id === openedId ? null : item.id, openedId !== null)
              }}
              onChoose={(range) => {
                selection.toggle(item.id, range)
              }}
            />
          ))}
        </ul>
        <Pager {...pages} />
      </div>
      {selection.chosen.length > 0 ? (
        <SelectionBar
          chosen={selection.chosen}
          shown={items.length}
          rights={rights}
          onAct={(action) => {
            actions.ask(action, selection.chosen)
          }}
          onChooseAll={selection.all}
          onClear={selection.clear}
        />
      ) : null}
      {opened === undefined ? null : (
        <ItemDrawer
          item={opened}
          ontology={ontology}
          showLabels={shown === 'labels'}
          rights={rights}
          onStep={(step) => {
            const next = items[at + step]
            if (next !== undefined) go(filters, next.id, true)
          }}
          onAct={(action) => {
            actions.ask(action, [opened])
          }}
          onClose={close}
        />
      )}
      {actions.dialog}
    </div>
  )
}

function useEscape(active: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!active) return
    const listen = (event: KeyboardEvent) => {
      const elsewhere = event.target instanceof Element && event.target.closest('input, textarea, [role=dialog]') !== null
      if (event.key === 'Escape' && !elsewhere) onEscape()
    }
    window.addEventListener('keydown', listen)
    return () => {
      window.removeEventListener('keydown', listen)
    }
  })
}

const SKELETONS = 12

function Loading() {
  return (
    <div className={classes.grid} aria-busy="true" aria-label="Loading">
      {Array.from({ length: SKELETONS }, (_, tile) => (
        <Skeleton key={tile} className={classes.ghost} radius={8} />
      ))}
    </div>
  )
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (!filtered)
    return (
      <EmptyState icon={IconPhotoOff} title="No images yet">
        They appear here by themselves as they arrive in a source that feeds this project.
      </EmptyState>
    )
  return (
    <EmptyState
      icon={IconPhotoSearch}
      title="No image matches"
      action={
        <Button size="xs" variant="default" onClick={onClear}>
          Clear the filters
        </Button>
      }
    >
      Take a filter away to see more.
    </EmptyState>
  )
}
