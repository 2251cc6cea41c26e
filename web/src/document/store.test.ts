import { describe, expect, it } from 'vitest'
import { add, createLabelStore, isDirty, remove, selectedObject } from '.'
import { objectOf } from './fixtures'

const open = () => createLabelStore({ objects: [objectOf('a')], sequence: 4 })

describe('the store', () => {
  it('opens as the server has it', () => {
    const { getState } = open()
    expect(isDirty(getState())).toBe(false)
    expect(getState().saveState).toBe('saved')
  })

  it('counts every change, undo included', () => {
    const store = open()
    store.actions.perform(add(objectOf('b')))
    store.actions.undo()
    store.actions.redo()
    expect(store.getState()).toMatchObject({ sequence: 7, savedSequence: 4, saveState: 'unsaved' })
  })

  it('does not count what changes nothing', () => {
    const store = open()
    store.actions.perform(remove(['nobody']))
    store.actions.undo()
    expect(store.getState().sequence).toBe(4)
  })

  it('stays unsaved when it changed while it was being saved', () => {
    const store = open()
    store.actions.perform(add(objectOf('b')))
    store.actions.saving()
    store.actions.perform(add(objectOf('c')))
    store.actions.acknowledge(5)
    expect(store.getState().saveState).toBe('unsaved')
    store.actions.acknowledge(6)
    expect(store.getState().saveState).toBe('saved')
  })

  it('ignores an acknowledgement that comes late', () => {
    const store = open()
    store.actions.perform(add(objectOf('b')))
    store.actions.acknowledge(5)
    store.actions.acknowledge(4)
    expect(store.getState()).toMatchObject({ savedSequence: 5, saveState: 'saved' })
  })

  it('says that it is offline until something was saved', () => {
    const store = open()
    store.actions.perform(add(objectOf('b')))
    store.actions.saveFailed()
    store.actions.perform(add(objectOf('c')))
    expect(store.getState().saveState).toBe('offline')
    store.actions.acknowledge(6)
    expect(store.getState().saveState).toBe('saved')
  })

  it('takes no changes once it is closed, and goes on when it is opened again', () => {
    const store = open()
    store.actions.close()
    store.actions.perform(add(objectOf('b')))
    expect(store.getState()).toMatchObject({ sequence: 4, saveState: 'closed' })
    store.actions.reopen(9)
    store.actions.perform(add(objectOf('b')))
    expect(store.getState()).toMatchObject({ sequence: 11, savedSequence: 9, saveState: 'unsaved' })
  })

  it('forgets a selected object that is removed', () => {
    const store = open()
    store.actions.select(['a'])
    expect(selectedObject(store.getState())?.id).toBe('a')
    store.actions.perform(remove(['a']))
    expect(store.getState().selection).toEqual([])
  })

  it('opens ahead of the server with work that never reached it', () => {
    const store = createLabelStore({ objects: [objectOf('a')], sequence: 4, isAhead: true })
    expect(isDirty(store.getState())).toBe(true)
  })
})
