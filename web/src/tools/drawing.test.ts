import { describe, expect, it } from 'vitest'
import { polygonShape } from '@/geometry'
import { ringOf, square } from '@/geometry/fixtures'
import { objectOf } from '@/document/fixtures'
import { createBoxTool, createPanTool, createPointTool, createPolygonTool } from '.'
import { hand } from './fixtures'

describe('the box tool', () => {
  it('draws by dragging in any direction, one step, selected', () => {
    const person = hand(createBoxTool())
    person.drag(60, 50, 20, 10)
    expect(person.shapes()).toEqual([{ type: 'box', x0: 20, y0: 10, x1: 60, y1: 50 }])
    expect(person.selection()).toEqual(['new-1'])
    expect(person.steps()).toBe(1)
    expect(person.objects()[0]).toMatchObject({ origin: 'drawn', class_id: 1 })
  })

  it('draws by two clicks', () => {
    const person = hand(createBoxTool())
    person.click(20, 10)
    person.move(40, 30)
    expect(person.shapes()).toEqual([])
    expect(person.sketch().lines?.[0]?.points).toHaveLength(4)
    person.click(60, 50)
    expect(person.shapes()).toEqual([{ type: 'box', x0: 20, y0: 10, x1: 60, y1: 50 }])
  })

  it('stays inside the picture, and squares with Shift', () => {
    const person = hand(createBoxTool())
    person.drag(150, 50, 999, 999)
    person.drag(10, 10, 40, 25, { shift: true })
    expect(person.shapes()).toEqual([
      { type: 'box', x0: 150, y0: 50, x1: 200, y1: 100 },
      { type: 'box', x0: 10, y0: 10, x1: 25, y1: 25 },
    ])
  })

  it('drops what is under way with Escape and takes a slip for nothing', () => {
    const person = hand(createBoxTool())
    person.click(20, 10)
    expect(person.key('escape')).toBe(true)
    person.click(20, 10)
    person.click(20, 10)
    expect(person.shapes()).toEqual([])
    expect(person.key('escape')).toBe(false)
  })

  it('draws nothing on read-only work and says so', () => {
    const person = hand(createBoxTool(), [], true)
    person.drag(20, 10, 60, 50)
    expect(person.shapes()).toEqual([])
    expect(person.said).toHaveLength(1)
  })
})

describe('the polygon tool', () => {
  const draw = (person: ReturnType<typeof hand>, ...points: [number, number][]): void => {
    for (const [x, y] of points) person.click(x, y)
  }

  it('closes with a click on its first point', () => {
    const person = hand(createPolygonTool())
    draw(person, [20, 10], [60, 10], [60, 50], [22, 12])
    expect(person.shapes()).toEqual([polygonShape(ringOf([20, 10], [60, 10], [60, 50]))])
    expect(person.sketch()).toEqual({})
  })

  it('closes with Enter and with a double click, whose second press sets no point', () => {
    const person = hand(createPolygonTool())
    draw(person, [20, 10], [60, 10], [60, 50])
    person.key('enter')
    draw(person, [120, 10], [160, 10], [160, 50])
    person.click(160, 50, { clicks: 2 })
    expect(person.shapes()).toEqual([
      polygonShape(ringOf([20, 10], [60, 10], [60, 50])),
      polygonShape(ringOf([120, 10], [160, 10], [160, 50])),
    ])
  })

  it('takes its last point back with Backspace and undo, then leaves undo to the document', () => {
    const person = hand(createPolygonTool())
    draw(person, [20, 10], [60, 10])
    expect(person.key('backspace')).toBe(true)
    expect(person.key('undo')).toBe(true)
    expect(person.key('undo')).toBe(false)
    expect(person.sketch()).toEqual({})
  })

  it('does not close over itself, warns before, and keeps the points', () => {
    const person = hand(createPolygonTool())
    draw(person, [20, 10], [60, 50], [60, 10])
    person.move(20, 50)
    draw(person, [20, 50])
    person.key('enter')
    expect(person.shapes()).toEqual([])
    expect(person.said[0]).toContain('cross itself')
    person.move(50, 5)
    expect(person.sketch().lines?.[0]?.look).toBe('warning')
    expect(person.sketch().handles).toHaveLength(4)
  })

  it('needs three points that are not on one line', () => {
    const person = hand(createPolygonTool())
    draw(person, [20, 10], [60, 10], [100, 10])
    person.key('enter')
    expect(person.said[0]).toContain('three points')
  })

  it('does not draw when the pointer was dragged', () => {
    const person = hand(createPolygonTool())
    person.drag(10, 10, 40, 40)
    expect(person.sketch()).toEqual({})
  })

  it('cuts a hole into the selected polygon with Alt', () => {
    const person = hand(createPolygonTool(), [objectOf('a', { shape: polygonShape(square(10, 10, 80)) })])
    person.store.actions.select(['a'])
    person.click(30, 30, { alt: true })
    draw(person, [50, 30], [50, 50])
    person.key('enter')
    expect(person.shapes()).toEqual([polygonShape(square(10, 10, 80), [ringOf([30, 30], [50, 30], [50, 50])])])
  })

  it('refuses a hole that leaves its outline', () => {
    const person = hand(createPolygonTool(), [objectOf('a', { shape: polygonShape(square(10, 10, 80)) })])
    person.store.actions.select(['a'])
    person.click(30, 30, { alt: true })
    draw(person, [150, 30], [50, 50])
    person.key('enter')
    expect(person.said[0]).toContain('inside the outline')
    expect(person.steps()).toBe(0)
  })
})

describe('the point tool', () => {
  it('sets a point where it was pressed', () => {
    const person = hand(createPointTool())
    person.press(30, 40)
    person.release(31, 41)
    expect(person.shapes()).toEqual([{ type: 'points', points: [[30, 40]] }])
  })

  it('sets none when the pointer was dragged away', () => {
    const person = hand(createPointTool())
    person.drag(30, 40, 80, 40)
    expect(person.shapes()).toEqual([])
  })
})

describe('the pan tool', () => {
  it('moves the picture by what the pointer moved, and changes no object', () => {
    const person = hand(createPanTool(), [objectOf('a')])
    person.drag(15, 15, 35, 25)
    const total = person.pans.reduce(([x, y], [dx, dy]) => [x + dx, y + dy], [0, 0])
    expect(total).toEqual([20, 10])
    expect(person.steps()).toBe(0)
  })
})
