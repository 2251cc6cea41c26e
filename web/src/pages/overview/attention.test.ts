import { expect, it } from 'vitest'
import { powersOf } from '@/api/session'
import { attentionOf, type Situation } from './attention'

const QUIET = { project_id: 7, images: {}, tasks: {}, quarantined: 0, in_review: 0, leases_held: 0 }
const client: Situation = { progress: QUIET, powers: powersOf({ kind: 'client', role: 'manager' }), isClient: true }
const supervisor: Situation = { ...client, powers: powersOf({ kind: 'vendor', role: 'supervisor' }), isClient: false }

const kinds = (situation: Situation) => attentionOf(situation).map((item) => `${item.kind}:${item.tone}`)

it('a quiet project asks for nothing', () => {
  expect(kinds(client)).toEqual([])
})

it('what is not known yet is not complained about', () => {
  expect(kinds({ ...client, vendors: undefined, sources: undefined })).toEqual([])
})

it('a project without source or vendor says so', () => {
  expect(kinds({ ...client, sources: 0, vendors: 0 })).toEqual(['source:warn', 'vendor:warn'])
})

it('a review is urgent for who can decide it', () => {
  const progress = { ...QUIET, in_review: 3 }

  expect([kinds({ ...client, progress }), kinds({ ...supervisor, progress })]).toEqual([['review:warn'], ['review:bad']])
})

it('one image is not "1 images"', () => {
  expect(attentionOf({ ...client, progress: { ...QUIET, quarantined: 1 } })[0]?.title).toBe('1 image in quarantine')
})
