// Which images of the grid are chosen. What is no longer shown is no longer chosen.
import { useState } from 'react'
import type { Item } from './data'

/** The ids from one image to another in the order of the grid, both included. */
export function idsBetween(items: readonly Pick<Item, 'id'>[], from: number, to: number): number[] {
  const places = [from, to].map((id) => items.findIndex((item) => item.id === id))
  const [first, last] = [Math.min(...places), Math.max(...places)]
  return first < 0 ? [to] : items.slice(first, last + 1).map((item) => item.id)
}

export function useSelection(items: readonly Item[]) {
  const [ids, setIds] = useState<ReadonlySet<number>>(new Set())
  const [last, setLast] = useState<number | null>(null)
  const clear = () => {
    setIds(new Set())
    setLast(null)
  }
  return {
    ids,
    chosen: items.filter((item) => ids.has(item.id)),
    clear,
    all: () => {
      setIds(new Set(items.map((item) => item.id)))
    },
    toggle: (id: number, range: boolean) => {
      const adding = !ids.has(id)
      const changed = range && last !== null ? idsBetween(items, last, id) : [id]
      const next = new Set(ids)
      for (const one of changed) {
        if (adding) next.add(one)
        else next.delete(one)
      }
      setIds(next)
      setLast(id)
    },
  }
}
