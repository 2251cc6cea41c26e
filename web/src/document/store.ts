/** The state of one open task outside React: history, selection, what is hidden, and how far the draft is saved. */

import { type StoreApi, createStore } from 'zustand/vanilla'
import type { Command } from './commands'
import { type LabelDocument, documentOf } from './document'
import { type History, historyOf, perform, redo, undo } from './history'
import { type LabelObject } from './objects'

/** `saved`: the server has all; `unsaved`: it has not; `saving`; `offline`: it could not be reached, kept here;
 *  `closed`: the lease is over, nothing is sent any more. */
export type SaveState = 'saved' | 'unsaved' | 'saving' | 'offline' | 'closed'

export interface LabelState {
  readonly history: History
  readonly selection: readonly string[]
  readonly hidden: ReadonlySet<string>
  /** Grows with every change of the document; a draft carries it, and the server ignores smaller ones. */
  readonly sequence: number
  /** The greatest sequence that the server has acknowledged. */
  readonly savedSequence: number
  readonly saveState: SaveState
}

export interface LabelActions {
  readonly perform: (command: Command, gesture?: string | null) => void
  readonly undo: () => void
  readonly redo: () => void
  readonly select: (ids: readonly string[]) => void
  readonly setHidden: (ids: readonly string[], hidden: boolean) => void
  readonly saving: () => void
  /** The server has the document of this sequence. */
  readonly acknowledge: (sequence: number) => void
  readonly saveFailed: () => void
  readonly close: () => void
  /** Go on under a new lease: the next draft gets a sequence beyond the one the server has. */
  readonly reopen: (serverSequence: number) => void
}

export type LabelStore = StoreApi<LabelState> & { readonly actions: LabelActions }

interface Opening {
  readonly objects: readonly LabelObject[]
  /** Of the stored draft; 0 when there is none. */
  readonly sequence: number
  /** Whether the objects are more than the server has, as after a restart without a connection. */
  readonly isAhead?: boolean
}

export function createLabelStore({ objects, sequence, isAhead = false }: Opening): LabelStore {
  const store = createStore<LabelState>(() => ({
    history: historyOf(documentOf(objects)),
    selection: [],
    hidden: new Set(),
    sequence: isAhead ? sequence + 1 : sequence,
    savedSequence: sequence,
    saveState: isAhead ? 'unsaved' : 'saved',
  }))
  return Object.assign(store, { actions: actionsOn(store) })
}

function actionsOn(store: StoreApi<LabelState>): LabelActions {
  const change = (to: (history: History) => History): void => {
    const state = store.getState()
    const history = to(state.history)
    if (history === state.history || state.saveState === 'closed') return
    store.setState({
      history,
      selection: stillThere(state.selection, history.document),
      sequence: state.sequence + 1,
      saveState: state.saveState === 'offline' ? 'offline' : 'unsaved',
    })
  }
  return {
    perform: (command, gesture = null) => change((history) => perform(history, command, gesture)),
    undo: () => change(undo),
    redo: () => change(redo),
    select: (ids) => {
      const { history, selection } = store.getState()
      const next = stillThere(ids, history.document)
      if (next.length !== selection.length || next.some((id, i) => id !== selection[i]))
        store.setState({ selection: next })
    },
    setHidden: (ids, hidden) => {
      const next = new Set(store.getState().hidden)
      for (const id of ids)
        if (hidden) next.add(id)
        else next.delete(id)
      store.setState({ hidden: next })
    },
    saving: () => store.setState(({ saveState }) => (saveState === 'closed' ? {} : { saveState: 'saving' })),
    acknowledge: (sequence) =>
      store.setState((state) => {
        const savedSequence = Math.max(state.savedSequence, sequence)
        if (state.saveState === 'closed') return { savedSequence }
        return { savedSequence, saveState: savedSequence >= state.sequence ? 'saved' : 'unsaved' }
      }),
    saveFailed: () => store.setState(({ saveState }) => (saveState === 'closed' ? {} : { saveState: 'offline' })),
    close: () => store.setState({ saveState: 'closed' }),
    reopen: (serverSequence) =>
      store.setState(({ sequence }) => ({
        sequence: Math.max(sequence, serverSequence) + 1,
        savedSequence: serverSequence,
        saveState: 'unsaved',
      })),
  }
}

function stillThere(ids: readonly string[], document: LabelDocument): readonly string[] {
  const kept = ids.filter((id) => document.byId.has(id))
  return kept.length === ids.length ? ids : kept
}

export const isDirty = (state: LabelState): boolean => state.savedSequence < state.sequence

export const currentDocument = (state: LabelState): LabelDocument => state.history.document

/** The one selected object, or null when none or several are. */
export function selectedObject(state: LabelState): LabelObject | null {
  const [id, ...others] = state.selection
  return id !== undefined && others.length === 0 ? (state.history.document.byId.get(id) ?? null) : null
}
