/** Copies of unsent work in the browser (IndexedDB), until the server has acknowledged them. */

import type { LabelObject } from '@/document'

/** What is kept of a lease: a draft that is ahead of the server, or an answer on its way. */
export interface Kept {
  readonly leaseId: number
  readonly taskId: number
  readonly memberId: number
  readonly kind: 'draft' | 'answer'
  readonly sequence: number
  readonly objects: readonly LabelObject[]
  readonly at: number
}

export interface Keep {
  readonly put: (kept: Kept) => Promise<void>
  /** Forget a draft up to a sequence, or with its kind an answer. */
  readonly forget: (leaseId: number, kind: Kept['kind'], sequence?: number) => Promise<void>
  readonly findDraft: (memberId: number, taskId: number) => Promise<Kept | null>
  readonly listAnswers: (memberId: number) => Promise<readonly Kept[]>
}

const DATABASE = 'plumbline-work'
const STORE = 'kept'
/** What nobody came back for is dropped after this time. */
const LASTS_MS = 30 * 24 * 3600 * 1000

/** Open the store. Where the browser gives none (private windows), nothing is kept and nothing fails. */
export function openKeep(): Keep {
  const opened = open().catch(() => null)
  const run = async <T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => Promise<T>, none: T): Promise<T> => {
    const database = await opened
    if (database === null) return none
    try {
      return await act(database.transaction(STORE, mode).objectStore(STORE))
    } catch {
      return none // a full disk must not stop anybody from working
    }
  }
  const all = (): Promise<readonly Kept[]> => run('readonly', (store) => settled<Kept[]>(store.getAll()), [])
  return {
    put: (kept) =>
      run('readwrite', (store) => settled(store.put(kept, keyOf(kept.leaseId, kept.kind))).then(noValue), undefined),
    forget: (leaseId, kind, sequence = Infinity) =>
      run(
        'readwrite',
        async (store) => {
          const key = keyOf(leaseId, kind)
          const kept = await settled<Kept | undefined>(store.get(key))
          if (kept && kept.sequence <= sequence) await settled(store.delete(key))
        },
        undefined,
      ),
    findDraft: async (memberId, taskId) => {
      const drafts = (await all()).filter(
        (kept) => kept.kind === 'draft' && kept.memberId === memberId && kept.taskId === taskId,
      )
      return drafts.reduce<Kept | null>((best, kept) => (best && best.sequence >= kept.sequence ? best : kept), null)
    },
    listAnswers: async (memberId) =>
      (await all()).filter((kept) => kept.kind === 'answer' && kept.memberId === memberId),
  }
}

const keyOf = (leaseId: number, kind: Kept['kind']): string => `${kind}/${String(leaseId)}`
const noValue = (): undefined => undefined

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onerror = () => reject(request.error ?? new Error('no IndexedDB'))
    request.onsuccess = () => {
      const database = request.result
      dropOld(database)
      resolve(database)
    }
  })
}

function dropOld(database: IDBDatabase): void {
  const cursors = database.transaction(STORE, 'readwrite').objectStore(STORE).openCursor()
  cursors.onsuccess = () => {
    const cursor = cursors.result
    if (cursor === null) return
    if ((cursor.value as Kept).at < Date.now() - LASTS_MS) cursor.delete()
    cursor.continue()
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB refused'))
  })
}
