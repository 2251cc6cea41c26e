// The keys of the review. They are silent in text fields and dialogs, and die with the page.
import { useEffect } from 'react'

export type Handlers = Readonly<Record<string, () => unknown>>

/** `Ctrl+Enter`, `[`, `Delete`: how a key event is named. Letters are upper case. */
export function nameOfKey(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey'>): string {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key
  return event.ctrlKey || event.metaKey ? `Ctrl+${key}` : key
}

const SILENT = 'input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], [role=dialog], [role=listbox]'

/** A handler that returns false had no use for its key. */
export function useKeys(handlers: Handlers): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.altKey || (event.target instanceof Element && event.target.closest(SILENT) !== null)) return
      // A dialog that is still taking the focus owns the keyboard too.
      if (document.querySelector('[role=dialog]') !== null) return
      const handler = handlers[nameOfKey(event)]
      if (handler !== undefined && handler() !== false) event.preventDefault()
    }
    window.addEventListener('keydown', listen)
    return () => {
      window.removeEventListener('keydown', listen)
    }
  }, [handlers])
}
