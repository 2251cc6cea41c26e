// The keys of the workspace. They live as long as the task is on the table.
import { useEffect, useRef } from 'react'
import { screenPoint } from '@/geometry'
import type { Arrow, ToolId } from '@/tools'
import { offeredClasses, remove } from '@/document'
import type { Bench } from '../bench'
import { acceptSelected, acceptViewed, goToUnchecked } from '../preLabels'
import type { WorkSession } from '../session/session'
import { type KeyCommand, type KeyRegistry, keyOf } from './registry'

export const TOOL_KEYS: readonly { readonly id: ToolId; readonly key: string; readonly label: string }[] = [
  { id: 'select', key: 'V', label: 'Select and edit' },
  { id: 'pan', key: 'H', label: 'Pan' },
  { id: 'box', key: 'B', label: 'Box' },
  { id: 'polygon', key: 'P', label: 'Polygon' },
  { id: 'point', key: 'T', label: 'Point' },
  { id: 'extreme', key: 'E', label: 'Extreme points (AI)' },
]

const ARROWS: Readonly<Record<string, Arrow>> = { '←': 'left', '↑': 'up', '→': 'right', '↓': 'down' }

interface Actions {
  readonly bench: Bench
  readonly session: WorkSession
  readonly submit: () => void
  readonly showGuidelines: () => void
  readonly searchClass: () => void
  readonly toggleHelp: () => void
}

export function useKeys(registry: KeyRegistry, actions: Actions): void {
  const latest = useRef(actions)
  useEffect(() => {
    latest.current = actions
  })
  const { bench } = actions

  useEffect(() => {
    // After Esc with nothing to cancel, Tab leaves the picture as on any page.
    let isTabFree = false
    const walk = (step: 1 | -1): boolean => !isTabFree && isOnPicture() && goToUnchecked(bench, step)
    const unregister = registry.register(
      commandsOf(
        () => latest.current,
        walk,
        () => {
          isTabFree = true
        },
      ),
    )
    const onDown = (event: KeyboardEvent): void => {
      if (event.key !== 'Tab' && event.key !== 'Escape') isTabFree = false
      if (event.key === ' ' && isOnPicture()) {
        event.preventDefault()
        bench.holdSpace(true)
        return
      }
      registry.handle(event)
    }
    const onUp = (event: KeyboardEvent): void => {
      if (event.key === ' ') bench.holdSpace(false)
    }
    const onBlur = (): void => {
      bench.holdSpace(false)
    }
    window.addEventListener('keydown', onDown)
    window.addEventListener('keyup', onUp)
    window.addEventListener('blur', onBlur)
    return () => {
      unregister()
      window.removeEventListener('keydown', onDown)
      window.removeEventListener('keyup', onUp)
      window.removeEventListener('blur', onBlur)
    }
  }, [registry, bench])
}

/** The focus is on the canvas or nowhere: keys that the browser uses too belong to the picture then. */
const isOnPicture = (): boolean =>
  document.activeElement === document.body || document.activeElement?.getAttribute('role') === 'application'

function commandsOf(now: () => Actions, walk: (step: 1 | -1) => boolean, freeTab: () => void): readonly KeyCommand[] {
  const { bench } = now()
  const done = (act: () => unknown) => (): undefined => {
    act()
    return undefined
  }
  const zoom = (factor: number) =>
    done(() => {
      const { stage } = bench
      stage?.zoomBy(factor, screenPoint(stage.view.width / 2, stage.view.height / 2))
    })
  const tools = TOOL_KEYS.map(({ id, key, label }): KeyCommand => ({
    id,
    keys: [key],
    label,
    group: 'Tools',
    run: done(() => bench.chooseTool(id)),
  }))
  const classes = offeredClasses(bench.task.ontology)
    .slice(0, 9)
    .map((spec, i): KeyCommand => ({
      id: `class-${String(spec.class_id)}`,
      keys: [String(i + 1)],
      label: `Class ${spec.name}`,
      group: 'Classes',
      run: done(() => bench.chooseClass(spec)),
    }))
  const nudge = (prefix: string, stepPx: number, label: string): KeyCommand => ({
    id: `nudge-${String(stepPx)}`,
    keys: Object.keys(ARROWS).map((key) => prefix + key),
    label: `Move the selected object by ${label}`,
    group: 'Edit',
    run: (event) => {
      const arrow = ARROWS[keyOf(event).slice(prefix.length)]
      return arrow !== undefined && isOnPicture() && bench.nudge(arrow, stepPx)
    },
  })
  const nudges = [nudge('', 1, '1 px'), nudge('Shift+', 10, '10 px'), nudge('Alt+', 0.1, '1/10 px')]
  const other: readonly KeyCommand[] = [
    {
      id: 'class-search',
      keys: ['/'],
      label: 'Search classes',
      group: 'Classes',
      run: done(() => now().searchClass()),
    },
    {
      id: 'next',
      keys: ['Tab'],
      label: 'Next unchecked pre-label (Esc first: Tab leaves the picture)',
      group: 'Pre-labels',
      run: () => walk(1),
    },
    {
      id: 'previous',
      keys: ['Shift+Tab'],
      label: 'Previous unchecked pre-label',
      group: 'Pre-labels',
      run: () => walk(-1),
    },
    {
      id: 'enter',
      keys: ['Enter'],
      label: 'Accept the selected pre-label; finish a drawing',
      group: 'Pre-labels',
      run: () => bench.giveKey('enter') || acceptSelected(bench),
    },
    {
      id: 'accept-viewed',
      keys: ['Shift+A'],
      label: 'Accept all viewed pre-labels',
      group: 'Pre-labels',
      run: done(() => acceptViewed(bench)),
    },
    {
      id: 'delete',
      keys: ['Del'],
      label: 'Delete the selected object or point',
      group: 'Edit',
      run: () => bench.giveKey('delete') || deleteSelected(bench),
    },
    {
      id: 'back',
      keys: ['Backspace'],
      label: 'Take the last point back',
      group: 'Edit',
      run: () => bench.giveKey('backspace') || deleteSelected(bench),
    },
    {
      id: 'cancel',
      keys: ['Esc'],
      label: 'Cancel what is drawn, deselect',
      group: 'Edit',
      run: done(() => {
        if (bench.giveKey('escape')) return
        bench.task.labels.actions.select([])
        freeTab()
      }),
    },
    { id: 'undo', keys: ['Ctrl+Z'], label: 'Undo', group: 'Edit', run: done(() => bench.undo()) },
    { id: 'redo', keys: ['Ctrl+Y', 'Ctrl+Shift+Z'], label: 'Redo', group: 'Edit', run: done(() => bench.redo()) },
    {
      id: 'hide',
      keys: ['Q'],
      label: 'Hide or show all objects',
      group: 'View',
      run: done(() => bench.setAllHidden(!bench.state.getState().allHidden)),
    },
    { id: 'fit', keys: ['F'], label: 'Fit the picture', group: 'View', run: done(() => bench.stage?.fit()) },
    { id: 'closer', keys: ['+', '='], label: 'Zoom in', group: 'View', run: zoom(1.25) },
    { id: 'farther', keys: ['-'], label: 'Zoom out', group: 'View', run: zoom(0.8) },
    { id: 'guidelines', keys: ['G'], label: 'Guidelines', group: 'View', run: done(() => now().showGuidelines()) },
    { id: 'help', keys: ['?'], label: 'This list', group: 'View', run: done(() => now().toggleHelp()) },
    {
      id: 'skip',
      keys: ['Ctrl+.'],
      label: 'Skip: give the task back',
      group: 'Task',
      run: done(() => now().session.skip()),
    },
    {
      id: 'submit',
      keys: ['Ctrl+Enter'],
      label: 'Submit and next',
      group: 'Task',
      inFields: true,
      run: done(() => now().submit()),
    },
  ]
  return [...tools, ...classes, ...other, ...nudges]
}

function deleteSelected(bench: Bench): boolean {
  const { selection } = bench.task.labels.getState()
  if (selection.length === 0) return false
  bench.perform(remove(selection))
  return true
}
