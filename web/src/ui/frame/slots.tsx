// Places in the top bar that the page below fills: `<TopBarSlot side="right">…</TopBarSlot>`.
import type { ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { create } from 'zustand'

type Side = 'left' | 'right'

interface Places {
  left: HTMLElement | null
  right: HTMLElement | null
}

const usePlaces = create<Places>()(() => ({ left: null, right: null }))

const receivers: Record<Side, (element: HTMLElement | null) => void> = {
  left: (left) => {
    usePlaces.setState({ left })
  },
  right: (right) => {
    usePlaces.setState({ right })
  },
}

/** The place itself; stands once in the top bar for each side. */
export function TopBarPlace({ side, className }: { side: Side; className?: string | undefined }) {
  return <div ref={receivers[side]} className={className} />
}

/** What a page shows in the top bar: task and progress on the left, save state and tools on the right. */
export function TopBarSlot({ side, children }: { side: Side; children: ReactNode }) {
  const place = usePlaces((places) => places[side])
  return place === null ? null : createPortal(children, place)
}
