import 'fake-indexeddb/auto'
import { describe, expect, it } from 'vitest'
import { objectOf } from '@/document/fixtures'
import { type Kept, openKeep } from './keep'

let leases = 100
const kept = (more: Partial<Kept> = {}): Kept => ({
  leaseId: (leases += 1),
  taskId: leases,
  memberId: 7,
  kind: 'draft',
  sequence: 1,
  objects: [objectOf('a')],
  at: Date.now(),
  ...more,
})

describe('what is kept in the browser', () => {
  it('comes back for the member and the task', async () => {
    const keep = openKeep()
    const draft = kept()
    await keep.put(draft)
    expect(await openKeep().findDraft(7, draft.taskId)).toEqual(draft)
    expect(await keep.findDraft(8, draft.taskId)).toBeNull()
  })

  it('is the newest of several leases on a task', async () => {
    const keep = openKeep()
    const draft = kept({ sequence: 9 })
    await keep.put(draft)
    await keep.put({ ...draft, leaseId: (leases += 1), sequence: 4 })
    expect((await keep.findDraft(7, draft.taskId))?.sequence).toBe(9)
  })

  it('is forgotten up to what the server has', async () => {
    const keep = openKeep()
    const draft = kept({ sequence: 5 })
    await keep.put(draft)
    await keep.forget(draft.leaseId, 'draft', 4)
    expect(await keep.findDraft(7, draft.taskId)).toEqual(draft)
    await keep.forget(draft.leaseId, 'draft', 5)
    expect(await keep.findDraft(7, draft.taskId)).toBeNull()
  })

  it('tells answers from drafts', async () => {
    const keep = openKeep()
    const answer = kept({ kind: 'answer', memberId: 11 })
    await keep.put(answer)
    expect(await keep.findDraft(11, answer.taskId)).toBeNull()
    expect(await keep.listAnswers(11)).toEqual([answer])
  })

  it('is dropped when nobody came back for it', async () => {
    const keep = openKeep()
    const old = kept({ at: Date.now() - 40 * 24 * 3600 * 1000 })
    await keep.put(old)
    expect(await openKeep().findDraft(7, old.taskId)).toBeNull()
  })
})
