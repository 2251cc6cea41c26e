// Which actions a task takes in its state. The API decides; this only keeps buttons away that it would refuse. Pure.
import type { Me } from '@/api/account'
import type { Action, Item, ItemTask } from './data'

/**
 * What a person may do. Freezing only holds work up, so both sides may; giving up what a client wants, or ordering more
 * of it, is for the client's own people.
 */
export function rightsOf({ kind, role }: Pick<Me, 'kind' | 'role'>): ReadonlySet<Action> {
  if (role === 'annotator') return new Set()
  return new Set(kind === 'client' ? ['freeze', 'unfreeze', 'reopen', 'cancel'] : ['freeze', 'unfreeze'])
}

const UNDECIDED = new Set(['waiting', 'open', 'deciding', 'in_review'])

export function isAllowed(action: Action, task: Pick<ItemTask, 'state' | 'frozen'>): boolean {
  const undecided = UNDECIDED.has(task.state)
  switch (action) {
    case 'freeze':
      return undecided && !task.frozen
    case 'unfreeze':
      return task.frozen
    case 'reopen':
      return !undecided
    case 'cancel':
      return undecided
  }
}

/** The tasks among the chosen items that an action fits. */
export function fitting(action: Action, items: readonly Item[]): ItemTask[] {
  return items.flatMap(({ task }) => (task !== null && isAllowed(action, task) ? [task] : []))
}

/** `3 open, 2 accepted`: what a selection is made of, most frequent first. */
export function compositionOf(items: readonly Item[], words: Readonly<Record<string, string>>): string {
  const counts = new Map<string, number>()
  for (const { task } of items) {
    const word = task === null ? 'without a task' : task.frozen ? 'frozen' : (words[task.state] ?? task.state).toLowerCase()
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([word, count]) => `${count} ${word}`)
    .join(', ')
}
