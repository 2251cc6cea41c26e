import { describe, expect, it } from 'vitest'
import { boxShape, polygonShape } from '@/geometry'
import { ringOf, square } from '@/geometry/fixtures'
import { objectOf, preLabel } from '@/document/fixtures'
import { createSelectTool, nudge } from '.'
import { hand } from './fixtures'

const box = objectOf('box', { shape: boxShape({ x0: 20, y0: 20, x1: 80, y1: 80 }) })
const inner = objectOf('inner', { shape: boxShape({ x0: 30, y0: 30, x1: 50, y1: 50 }) })
const outline = objectOf('outline', { shape: polygonShape(square(110, 10, 60)) })

describe('the select tool', () => {
  it('takes the smallest object, at the next click the one below, then the first again', () => {
    const person = hand(createSelectTool(), [box, inner])
    person.click(40, 40)
    expect(person.selection()).toEqual(['inner'])
    person.click(40, 40)
    expect(person.selection()).toEqual(['box'])
    person.click(40, 40)
    expect(person.selection()).toEqual(['inner'])
  })

  it('lets go with a click on nothing', () => {
    const person = hand(createSelectTool(), [box])
    person.click(40, 40)
    person.click(5, 5)
    expect(person.selection()).toEqual([])
  })

  it('adds and takes away with Shift', () => {
    const person = hand(createSelectTool(), [box, outline])
    person.click(40, 40)
    person.click(140, 40, { shift: true })
    expect(person.selection()).toEqual(['box', 'outline'])
    person.click(40, 40, { shift: true })
    expect(person.selection()).toEqual(['outline'])
  })

  it('takes what a band over nothing holds', () => {
    const person = hand(createSelectTool(), [box, inner, outline])
    person.drag(5, 5, 90, 90)
    expect(person.selection()).toEqual(['box', 'inner'])
    expect(person.steps()).toBe(0)
  })

  it('moves an object in one step, as far as the picture goes', () => {
    const person = hand(createSelectTool(), [box])
    person.drag(40, 40, -100, 45)
    expect(person.shapes()).toEqual([boxShape({ x0: 0, y0: 25, x1: 60, y1: 85 })])
    expect(person.steps()).toBe(1)
    person.store.actions.undo()
    expect(person.shapes()).toEqual([box.shape])
  })

  it('moves all that is selected together', () => {
    const person = hand(createSelectTool(), [box, outline])
    person.store.actions.select(['box', 'outline'])
    person.drag(60, 60, 65, 62)
    expect(person.shapes()).toEqual([boxShape({ x0: 25, y0: 22, x1: 85, y1: 82 }), polygonShape(square(115, 12, 60))])
  })

  it('changes nothing by a click with a trembling hand', () => {
    const person = hand(createSelectTool(), [box])
    person.press(40, 40)
    person.move(42, 41)
    person.release(42, 41)
    expect(person.steps()).toBe(0)
    expect(person.selection()).toEqual(['box'])
  })

  it('resizes a box by its handles, keeping the distance to the pointer', () => {
    const person = hand(createSelectTool(), [box])
    person.store.actions.select(['box'])
    person.drag(82, 50, 102, 50)
    expect(person.shapes()).toEqual([boxShape({ x0: 20, y0: 20, x1: 100, y1: 80 })])
  })

  it('drags a vertex, inserts at a midpoint and leaves the picture where it is', () => {
    const person = hand(createSelectTool(), [outline])
    person.store.actions.select(['outline'])
    person.drag(110, 10, 100, 5)
    person.drag(170, 40, 180, 40)
    expect(person.shapes()).toEqual([polygonShape(ringOf([100, 5], [170, 10], [180, 40], [170, 70], [110, 70]))])
    expect(person.pans).toEqual([])
    expect(person.steps()).toBe(2)
  })

  it('shows while it drags what it will leave', () => {
    const person = hand(createSelectTool(), [outline])
    person.store.actions.select(['outline'])
    person.press(110, 10)
    person.move(105, 5)
    person.move(100, 5)
    expect(person.sketch().changed?.get('outline')).toEqual(
      polygonShape(ringOf([100, 5], [170, 10], [170, 70], [110, 70])),
    )
    expect(person.steps()).toBe(0)
    expect(person.key('escape')).toBe(true)
    person.release(100, 5)
    expect(person.shapes()).toEqual([outline.shape])
  })

  it('deletes a vertex with Alt, or clicked with Delete, and after that the object', () => {
    const person = hand(createSelectTool(), [outline])
    person.store.actions.select(['outline'])
    person.click(110, 10, { alt: true })
    expect(person.shapes()).toEqual([polygonShape(ringOf([170, 10], [170, 70], [110, 70]))])
    person.click(170, 10)
    person.key('delete')
    expect(person.objects()).toEqual([])
    person.store.actions.undo()
    expect(person.shapes()).toEqual([polygonShape(ringOf([170, 10], [170, 70], [110, 70]))])
    person.store.actions.select(['outline'])
    person.key('delete')
    expect(person.objects()).toEqual([])
  })

  it('forgets a vertex when its object has changed', () => {
    const person = hand(createSelectTool(), [outline, box])
    person.store.actions.select(['outline'])
    person.click(110, 10)
    person.store.actions.select(['box'])
    person.key('delete')
    expect(person.objects().map(({ id }) => id)).toEqual(['outline'])
  })

  it('makes an edited pre-label of one that it moves', () => {
    const person = hand(createSelectTool(), [{ ...preLabel('p', 0.9), shape: box.shape }])
    person.drag(40, 40, 50, 50)
    expect(person.objects()[0]).toMatchObject({ id: 'p', origin: 'prelabel_edited' })
  })

  it('only selects on read-only work', () => {
    const person = hand(createSelectTool(), [box], true)
    person.drag(40, 40, 60, 60)
    person.click(40, 40)
    person.key('delete')
    expect(person.shapes()).toEqual([box.shape])
    expect(person.selection()).toEqual(['box'])
    expect(person.sketch().handles ?? []).toEqual([])
  })

  it('leaves masks where they are', () => {
    const mask = objectOf('m', { shape: { type: 'mask', size: [100, 200], counts: '0PTd0' } })
    const person = hand(createSelectTool(), [mask])
    person.store.actions.select(['m'])
    person.drag(40, 40, 60, 60)
    expect(person.steps()).toBe(0)
  })
})

describe('nudging', () => {
  it('moves what is selected, and stops at the border', () => {
    const person = hand(createSelectTool(), [box])
    person.store.actions.select(['box'])
    const command = nudge(person.scene(), 'left', 10)
    if (command) person.store.actions.perform(command, 'nudge')
    expect(person.shapes()).toEqual([boxShape({ x0: 10, y0: 20, x1: 70, y1: 80 })])
    const atBorder = nudge(person.scene(), 'left', 1000)
    if (atBorder) person.store.actions.perform(atBorder, 'nudge')
    expect(nudge(person.scene(), 'left', 1)).toBeNull()
    expect(person.steps()).toBe(1)
  })

  it('does nothing without a selection', () => {
    expect(nudge(hand(createSelectTool(), [box]).scene(), 'up', 1)).toBeNull()
  })
})
