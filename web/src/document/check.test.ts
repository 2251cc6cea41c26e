import { describe, expect, it } from 'vitest'
import { type Shape, boxShape, imagePoint, polygonShape } from '@/geometry'
import { encodeRuns, ringOf, square } from '@/geometry/fixtures'
import { MAX_OBJECTS, type LabelObject, check, documentOf } from '.'
import { ONTOLOGY, PICTURE, objectOf, preLabel } from './fixtures'

const problemsOf = (...objects: readonly LabelObject[]): string[] =>
  check(documentOf(objects), ONTOLOGY, PICTURE).map(({ what }) => what)
const shapeProblem = (shape: Shape): string | undefined => problemsOf(objectOf('a', { shape }))[0]

describe('the check of an answer', () => {
  it('finds nothing wrong with an empty answer or a good object', () => {
    expect(problemsOf()).toEqual([])
    expect(problemsOf(objectOf('a'))).toEqual([])
  })

  it('names the object that would be refused', () => {
    const bad = objectOf('b', { shape: polygonShape(ringOf([0, 0], [10, 10], [10, 0], [0, 10])) })
    expect(check(documentOf([objectOf('a'), bad]), ONTOLOGY, PICTURE)).toEqual([
      { objectId: 'b', what: 'the outline crosses or touches itself at (5, 5)' },
    ])
  })

  it('passes over unchecked pre-labels', () => {
    expect(problemsOf({ ...preLabel('p', 0.5), class_id: 99 })).toEqual([])
  })

  it('allows a pixel outside the picture and no more', () => {
    expect(shapeProblem(boxShape({ x0: -1, y0: 0, x1: 201, y1: 101 }))).toBeUndefined()
    expect(shapeProblem(boxShape({ x0: -1.01, y0: 0, x1: 20, y1: 20 }))).toContain('outside the picture')
  })

  it('lets the corners of a turned box stick out, not its centre', () => {
    const turned = { type: 'rotated_box', cx: 5, cy: 5, width: 40, height: 4, angle_deg: 45 } as const
    expect(shapeProblem(turned)).toBeUndefined()
    expect(shapeProblem({ ...turned, cx: -20 })).toContain('outside')
  })

  it('refuses shapes without an area and outlines of one line', () => {
    expect(shapeProblem(boxShape({ x0: 5, y0: 5, x1: 5, y1: 9 }))).toContain('no area')
    expect(shapeProblem(polygonShape(ringOf([0, 0], [5, 5], [9, 9])))).toContain('three points')
    expect(shapeProblem(polygonShape(square(0, 0, 20), [square(50, 50, 5)]))).toContain('hole lies outside')
  })

  it('refuses lines of one point and point sets of none', () => {
    expect(shapeProblem({ type: 'polyline', points: [imagePoint(1, 1)] })).toContain('two points')
    expect(shapeProblem({ type: 'points', points: [] })).toContain('no point')
  })

  it('refuses masks of another size and broken ones', () => {
    const mask = { type: 'mask', size: [100, 200], counts: encodeRuns([20_000]) } as const
    expect(shapeProblem(mask)).toBeUndefined()
    expect(shapeProblem({ ...mask, size: [200, 100] })).toContain('size')
    expect(shapeProblem({ ...mask, counts: encodeRuns([19_999]) })).toContain('cannot be read')
  })

  it('leaves tags and foreign shapes to the server', () => {
    expect(shapeProblem({ type: 'tag' })).toBeUndefined()
    expect(shapeProblem({ type: 'foreign', wire: { type: 'spline' } })).toBeUndefined()
  })

  it('refuses classes and attributes that the project does not have', () => {
    expect(problemsOf(objectOf('a', { class_id: 99 }))[0]).toContain('class 99')
    expect(problemsOf(objectOf('a', { attributes: { colour: 'red' } }))[0]).toContain('“colour”')
    expect(problemsOf(objectOf('a', { attributes: { view: 'side' } }))[0]).toContain('front, back')
    expect(problemsOf(objectOf('a', { attributes: { occluded: 'yes' } }))[0]).toContain('yes or no')
    expect(problemsOf(objectOf('a', { class_id: 2 }))).toEqual(['“axles” is missing'])
    expect(problemsOf(objectOf('a', { class_id: 2, attributes: { axles: NaN } }))[0]).toContain('number')
  })

  it('refuses more objects than an answer holds', () => {
    const many = Array.from({ length: MAX_OBJECTS + 1 }, (_, i) => objectOf(String(i)))
    expect(check(documentOf(many), ONTOLOGY, PICTURE)[0]).toMatchObject({ objectId: null })
  })
})
