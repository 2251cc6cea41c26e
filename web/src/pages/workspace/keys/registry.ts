/**
 * One registry for every key of a page. Two commands cannot have the same key; nothing fires while somebody types; and
 * all of it dies with the page that registered it.
 */

export interface KeyCommand {
  readonly id: string
  /** Such as `Ctrl+Enter`, `Shift+Tab`, `V`, `1`; Ctrl stands for the Command key too. */
  readonly keys: readonly string[]
  readonly label: string
  readonly group: string
  /** Also while somebody types in a field. */
  readonly inFields?: boolean
  /** False leaves the key to the browser. */
  readonly run: (event: KeyboardEvent) => boolean | undefined
}

export class KeyTaken extends Error {
  override readonly name = 'KeyTaken'
}

export class KeyRegistry {
  private readonly byKey = new Map<string, KeyCommand>()

  /** Every command, in the order it was registered. */
  get commands(): readonly KeyCommand[] {
    return [...new Set(this.byKey.values())]
  }

  /** Add commands, all or none; returns the function that takes them away. Throws KeyTaken on a collision. */
  register(commands: readonly KeyCommand[]): () => void {
    const added = new Map<string, KeyCommand>()
    for (const command of commands)
      for (const written of command.keys) {
        const key = normalised(written)
        const other = added.get(key) ?? this.byKey.get(key)
        if (other)
          throw new KeyTaken(`${written} is the key of “${other.label}” already; “${command.label}” needs another`)
        added.set(key, command)
      }
    for (const [key, command] of added) this.byKey.set(key, command)
    return () => {
      for (const key of added.keys()) this.byKey.delete(key)
    }
  }

  /** Run what a key press means; whether it meant anything. */
  handle(event: KeyboardEvent): boolean {
    if (event.isComposing || event.defaultPrevented) return false
    const command = this.byKey.get(keyOf(event))
    if (command === undefined || (isTyping(event.target) && !command.inFields) || isOwnKey(event)) return false
    if (command.run(event) === false) return false
    event.preventDefault()
    return true
  }
}

const MODIFIERS = ['Ctrl', 'Alt', 'Shift']
const NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  Escape: 'Esc',
  Delete: 'Del',
  ArrowLeft: '←',
  ArrowUp: '↑',
  ArrowRight: '→',
  ArrowDown: '↓',
}

function normalised(written: string): string {
  const parts = written.split('+')
  const name = parts.pop() ?? ''
  const modifiers = MODIFIERS.filter((modifier) => parts.includes(modifier))
  return [...modifiers, name.length === 1 ? name.toUpperCase() : name].join('+')
}

/** The key of an event as it is written in a command. */
export function keyOf(event: KeyboardEvent): string {
  const name = NAMES[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key)
  const isLetter = /^[A-Z]$/.test(name)
  // A sign such as `?` is typed with Shift on many keyboards and is one key all the same.
  const countsShift = isLetter || name.length > 1 || '←↑→↓'.includes(name)
  return [
    ...(event.ctrlKey || event.metaKey ? ['Ctrl'] : []),
    ...(event.altKey ? ['Alt'] : []),
    ...(event.shiftKey && countsShift ? ['Shift'] : []),
    name,
  ].join('+')
}

const TYPED = new Set(['text', 'search', 'number', 'email', 'password', 'url', 'tel', 'date', 'time'])

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return TYPED.has(target.type)
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable
}

/** Enter and Space belong to a button, link or open menu that has the focus; arrows to a group of choices. */
function isOwnKey(event: KeyboardEvent): boolean {
  const { target } = event
  if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey) return false
  if (target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null) return true
  if (event.key === 'Enter' || event.key === ' ')
    return target.closest('button, a, summary, label, [role="tab"]') !== null
  return (
    event.key.startsWith('Arrow') && target.closest('[role="tablist"], [role="radiogroup"], [role="list"], ul') !== null
  )
}
