// What sending a file asks of the API. A part goes by XMLHttpRequest: only that tells how many of its bytes have left.
import { api, send, take, type Schemas } from '@/api/client'
import { readProblem, unreachable } from '@/api/problem'
import type { PutPart } from './parts'

export type Upload = Schemas['UploadBody']

interface Announced {
  readonly purpose: Schemas['UploadPurpose']
  readonly name: string
  readonly bytes: number
}

const path = (id: number) => ({ params: { path: { upload_id: id } } })

export const announce = (body: Announced) => send<Upload>('POST', '/v1/uploads', { body })

export const getUpload = (id: number) => take(api.GET('/v1/uploads/{upload_id}', path(id)))

export const completeUpload = (id: number) => take(api.POST('/v1/uploads/{upload_id}/complete', path(id)))

export const abortUpload = (id: number) => take(api.DELETE('/v1/uploads/{upload_id}', path(id)))

const PAGE = 500

/** Uploads of a purpose that were begun and neither finished nor given up. */
export async function listOpenUploads(purpose: Schemas['UploadPurpose']): Promise<Upload[]> {
  const page = await take(api.GET('/v1/uploads', { params: { query: { state: 'open', limit: PAGE } } }))
  return page.items.filter((upload) => upload.purpose === purpose)
}

/** Send the parts of one upload. */
export const partSender =
  (uploadId: number): PutPart =>
  (number, part, onSent, signal) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest()
      const abort = () => {
        request.abort()
      }
      request.upload.onprogress = ({ loaded }) => {
        onSent(loaded)
      }
      request.onload = () => {
        if (request.status < 300) resolve()
        else void readProblem(answerOf(request)).then(reject)
      }
      request.onerror = () => {
        reject(unreachable())
      }
      request.onabort = () => {
        reject(new DOMException('The upload was stopped', 'AbortError'))
      }
      request.onloadend = () => {
        signal.removeEventListener('abort', abort)
      }
      signal.addEventListener('abort', abort)
      request.open('PUT', `/uploads/${String(uploadId)}/parts/${String(number)}`)
      request.setRequestHeader('X-Plumbline', '1')
      request.setRequestHeader('Content-Type', 'application/octet-stream')
      request.send(part)
    })

function answerOf(request: XMLHttpRequest): Response {
  const wait = request.getResponseHeader('Retry-After')
  return new Response(request.responseText, { status: request.status, headers: wait === null ? {} : { 'Retry-After': wait } })
}
