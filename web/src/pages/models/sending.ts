// Uploads on their way: they go on while other pages are looked at, can stand still, and are taken up after a reload.
import { create } from 'zustand'
import { isProblem } from '@/api/problem'
import { newKey } from '@/api/key'
import { abortUpload, announce, completeUpload, getUpload, listOpenUploads, partSender, type Upload } from '@/ui/upload/calls'
import { Pace } from '@/ui/upload/pace'
import { sendParts } from '@/ui/upload/parts'
import { addModel, type Draft, type ModelVersion } from './data'

export type Phase = 'sending' | 'paused' | 'registering' | 'failed'

export interface Sending {
  readonly key: number
  readonly fileName: string
  readonly bytes: number
  readonly draft: Draft
  readonly phase: Phase
  readonly done: number
  readonly bytesPerS: number | null
  /** Why it failed. */
  readonly problem: unknown
}

/** What no page needs to see. */
interface Job {
  readonly blob: Blob
  readonly onAdded: (model: ModelVersion) => void
  readonly once: string
  upload: Upload | null
  stop: AbortController
}

interface Store {
  readonly sendings: readonly Sending[]
}

export const useSendings = create<Store>()(() => ({ sendings: [] }))

const jobs = new Map<number, Job>()
let lastKey = 0

function change(key: number, changed: Partial<Sending>): void {
  useSendings.setState(({ sendings }) => ({ sendings: sendings.map((one) => (one.key === key ? { ...one, ...changed } : one)) }))
}

const find = (key: number): Sending | undefined => useSendings.getState().sendings.find((one) => one.key === key)

function forget(key: number): void {
  jobs.delete(key)
  useSendings.setState(({ sendings }) => ({ sendings: sendings.filter((one) => one.key !== key) }))
}

interface Beginning {
  readonly fileName: string
  readonly blob: Blob
  readonly draft: Draft
  readonly onAdded: (model: ModelVersion) => void
}

/** Send a file and make a version of it; an unfinished upload of the same name and size is taken up again. */
export function beginSending({ fileName, blob, draft, onAdded }: Beginning): void {
  const key = ++lastKey
  jobs.set(key, { blob, onAdded, once: newKey(), upload: null, stop: new AbortController() })
  const sending: Sending = { key, fileName, bytes: blob.size, draft, phase: 'sending', done: 0, bytesPerS: null, problem: null }
  useSendings.setState(({ sendings }) => ({ sendings: [...sendings, sending] }))
  void carryOut(key)
}

export function pauseSending(key: number): void {
  change(key, { phase: 'paused', bytesPerS: null })
  jobs.get(key)?.stop.abort()
}

/** Go on after a pause or a failure, with other words about the model where `draft` is given. */
export function resumeSending(key: number, draft?: Draft): void {
  const job = jobs.get(key)
  if (job === undefined) return
  job.stop = new AbortController()
  // Other words are another request: the answer to the one before must not come back.
  if (draft !== undefined) jobs.set(key, { ...job, once: newKey() })
  change(key, { phase: 'sending', problem: null, ...(draft === undefined ? {} : { draft }) })
  void carryOut(key)
}

/** Stop for good; what was sent is thrown away. */
export async function cancelSending(key: number): Promise<void> {
  const job = jobs.get(key)
  forget(key)
  job?.stop.abort()
  if (job?.upload?.state === 'open') await abortUpload(job.upload.id)
}

async function carryOut(key: number): Promise<void> {
  const job = jobs.get(key)
  const sending = find(key)
  if (job === undefined || sending === undefined) return
  const { signal } = job.stop
  try {
    job.upload = await currentUpload(job, sending)
    if (job.upload.state === 'open') {
      await sendAll(key, job, job.upload)
      signal.throwIfAborted()
      change(key, { phase: 'registering', done: sending.bytes, bytesPerS: null })
      job.upload = await completeUpload(job.upload.id)
    }
    change(key, { phase: 'registering', done: sending.bytes })
    const model = await addModel(job.upload.id, sending.draft, job.once)
    forget(key)
    job.onAdded(model)
  } catch (error) {
    if (signal.aborted) return
    // An upload that the server no longer knows cannot be gone on with; the next try begins anew.
    if (isProblem(error, 'upload_lost') || isProblem(error, 'not_found')) job.upload = null
    change(key, { phase: 'failed', problem: error, bytesPerS: null })
  }
}

async function currentUpload(job: Job, { fileName, bytes }: Sending): Promise<Upload> {
  if (job.upload !== null) return getUpload(job.upload.id)
  const taken = new Set([...jobs.values()].flatMap(({ upload }) => (upload === null ? [] : [upload.id])))
  const unfinished = await listOpenUploads('model')
  const same = unfinished.find((one) => one.name === fileName && one.bytes === bytes && !taken.has(one.id))
  return same ?? announce({ purpose: 'model', name: fileName, bytes })
}

function sendAll(key: number, { blob, stop }: Job, upload: Upload): Promise<void> {
  const pace = new Pace()
  return sendParts({
    plan: upload,
    file: blob,
    put: partSender(upload.id),
    signal: stop.signal,
    onProgress: (done) => {
      if (stop.signal.aborted) return
      pace.note(done, performance.now())
      change(key, { done, bytesPerS: pace.bytesPerS })
    },
  })
}
