import { afterEach, describe, expect, it, vi } from 'vitest'
import { type KeyCommand, KeyRegistry, KeyTaken, keyOf } from './registry'

const command = (id: string, keys: readonly string[], more: Partial<KeyCommand> = {}): KeyCommand => ({
  id,
  keys,
  label: id,
  group: 'test',
  run: vi.fn(),
  ...more,
})

const press = (key: string, init: KeyboardEventInit = {}, on: HTMLElement = document.body) => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init })
  on.dispatchEvent(event)
  return event
}

/** Give an event to the registry as a listener on the window would. */
function handled(registry: KeyRegistry, key: string, init: KeyboardEventInit = {}, on?: HTMLElement): boolean {
  let result = false
  const listener = (event: KeyboardEvent): void => {
    result = registry.handle(event)
  }
  window.addEventListener('keydown', listener)
  press(key, init, on)
  window.removeEventListener('keydown', listener)
  return result
}

const element = <K extends keyof HTMLElementTagNameMap>(name: K): HTMLElementTagNameMap[K] =>
  document.body.appendChild(document.createElement(name))

describe('the key registry', () => {
  afterEach(() => {
    document.body.replaceChildren()
  })

  it('runs the command of a key and keeps the key from the browser', () => {
    const registry = new KeyRegistry()
    const select = command('select', ['V'])
    registry.register([select])
    const event = new KeyboardEvent('keydown', { key: 'v', cancelable: true })
    expect(registry.handle(event)).toBe(true)
    expect(select.run).toHaveBeenCalledOnce()
    expect(event.defaultPrevented).toBe(true)
  })

  it('refuses a key that is taken, whatever its spelling, and registers nothing then', () => {
    const registry = new KeyRegistry()
    registry.register([command('undo', ['Ctrl+Z'])])
    expect(() => registry.register([command('other', ['X']), command('zoom', ['Ctrl+z'])])).toThrow(KeyTaken)
    expect(() => registry.register([command('a', ['Shift+Ctrl+K']), command('b', ['Ctrl+Shift+K'])])).toThrow(KeyTaken)
    expect(handled(registry, 'x')).toBe(false)
  })

  it('frees its keys with the page', () => {
    const registry = new KeyRegistry()
    const leave = registry.register([command('select', ['V'])])
    leave()
    expect(handled(registry, 'v')).toBe(false)
    expect(() => registry.register([command('other', ['V'])])).not.toThrow()
  })

  it('is silent while somebody types, except for commands that say so', () => {
    const registry = new KeyRegistry()
    registry.register([command('select', ['V']), command('submit', ['Ctrl+Enter'], { inFields: true })])
    for (const field of [element('input'), element('textarea'), element('select')]) {
      expect(handled(registry, 'v', {}, field)).toBe(false)
      expect(handled(registry, 'Enter', { ctrlKey: true }, field)).toBe(true)
    }
  })

  it('is not silent on a checkbox', () => {
    const registry = new KeyRegistry()
    registry.register([command('select', ['V'])])
    const box = element('input')
    box.type = 'checkbox'
    expect(handled(registry, 'v', {}, box)).toBe(true)
  })

  it('leaves Enter and Space to a focused button', () => {
    const registry = new KeyRegistry()
    registry.register([command('accept', ['Enter']), command('select', ['V'])])
    const button = element('button')
    expect(handled(registry, 'Enter', {}, button)).toBe(false)
    expect(handled(registry, 'v', {}, button)).toBe(true)
    expect(handled(registry, 'Enter')).toBe(true)
  })

  it('leaves keys to an open dialog', () => {
    const registry = new KeyRegistry()
    registry.register([command('select', ['V'])])
    const dialog = element('div')
    dialog.setAttribute('role', 'dialog')
    const button = dialog.appendChild(document.createElement('button'))
    expect(handled(registry, 'v', {}, button)).toBe(false)
  })

  it('leaves a key to the browser when the command does not want it', () => {
    const registry = new KeyRegistry()
    registry.register([command('next', ['Tab'], { run: () => false })])
    expect(handled(registry, 'Tab')).toBe(false)
  })

  it('lists every command once', () => {
    const registry = new KeyRegistry()
    registry.register([command('redo', ['Ctrl+Y', 'Ctrl+Shift+Z'])])
    expect(registry.commands.map(({ id }) => id)).toEqual(['redo'])
  })
})

describe('a key', () => {
  it('is written with its modifiers, Command as Ctrl', () => {
    expect(keyOf(new KeyboardEvent('keydown', { key: 'z', metaKey: true }))).toBe('Ctrl+Z')
    expect(keyOf(new KeyboardEvent('keydown', { key: 'Tab', shiftKey: true }))).toBe('Shift+Tab')
    expect(keyOf(new KeyboardEvent('keydown', { key: 'A', shiftKey: true }))).toBe('Shift+A')
    expect(keyOf(new KeyboardEvent('keydown', { key: 'ArrowLeft', altKey: true }))).toBe('Alt+←')
    expect(keyOf(new KeyboardEvent('keydown', { key: ' ' }))).toBe('Space')
  })

  it('that is a sign needs no Shift', () => {
    expect(keyOf(new KeyboardEvent('keydown', { key: '?', shiftKey: true }))).toBe('?')
    expect(keyOf(new KeyboardEvent('keydown', { key: '.', ctrlKey: true }))).toBe('Ctrl+.')
  })
})
