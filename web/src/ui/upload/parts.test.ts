import { describe, expect, it, vi } from 'vitest'
import { ApiProblem, unreachable } from '@/api/problem'
import { AT_ONCE, TRIES, sendParts, type Plan, type PutPart } from './parts'

const plan = (bytes: number, received: number[] = []): Plan => ({
  bytes,
  part_bytes: 10,
  parts: Math.ceil(bytes / 10),
  received,
})

const fileOf = (bytes: number): Blob => new Blob(['0123456789'.repeat(Math.ceil(bytes / 10)).slice(0, bytes)])

interface Options {
  received?: number[]
  put: PutPart
  signal?: AbortSignal
}

async function send(bytes: number, { received = [], put, signal = new AbortController().signal }: Options) {
  const told: number[] = []
  await sendParts({
    plan: plan(bytes, received),
    file: fileOf(bytes),
    put,
    signal,
    onProgress: (done) => told.push(done),
    pause: () => Promise.resolve(),
  })
  return told
}

describe('sending a file in parts', () => {
  it('sends every part once, the last one short, and ends with all bytes', async () => {
    const sent = new Map<number, string>()
    const told = await send(25, {
      put: async (number, part) => {
        sent.set(number, await part.text())
      },
    })
    expect(Object.fromEntries(sent)).toEqual({ 1: '0123456789', 2: '0123456789', 3: '01234' })
    expect(told.at(-1)).toBe(25)
  })

  it('goes on where it was: what is there is neither sent nor lost from the count', async () => {
    const numbers: number[] = []
    const told = await send(25, {
      received: [1, 3],
      put: (number) => {
        numbers.push(number)
        return Promise.resolve()
      },
    })
    expect(numbers).toEqual([2])
    expect(told[0]).toBe(15)
  })

  it('keeps no more than a few on their way', async () => {
    let now = 0
    let most = 0
    await send(200, {
      put: async () => {
        most = Math.max(most, ++now)
        await Promise.resolve()
        now -= 1
      },
    })
    expect(most).toBe(AT_ONCE)
  })

  it('tries a part again while the failure may pass', async () => {
    const put = vi.fn<PutPart>().mockRejectedValueOnce(unreachable()).mockRejectedValueOnce(unreachable()).mockResolvedValue()
    await send(10, { put })
    expect(put).toHaveBeenCalledTimes(3)
  })

  it('gives up after some tries', async () => {
    const put = vi.fn<PutPart>().mockRejectedValue(unreachable())
    await expect(send(10, { put })).rejects.toThrow()
    expect(put).toHaveBeenCalledTimes(TRIES)
  })

  it('tries a refusal no second time, and stops the others', async () => {
    const refusal = new ApiProblem({ code: 'upload_lost', status: 409, title: '', detail: 'gone' })
    const stopped: boolean[] = []
    const put: PutPart = (number, _part, _onSent, signal) =>
      number === 1
        ? Promise.reject(refusal)
        : new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              stopped.push(true)
              reject(new DOMException('', 'AbortError'))
            })
          })
    await expect(send(30, { put })).rejects.toBe(refusal)
    expect(stopped).toEqual([true, true])
  })

  it('stops when it is told to', async () => {
    const stop = new AbortController()
    const put: PutPart = () => {
      stop.abort()
      return Promise.reject(unreachable())
    }
    await expect(send(100, { put, signal: stop.signal })).rejects.toThrow()
  })
})
