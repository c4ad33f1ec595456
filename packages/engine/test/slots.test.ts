import { CastellanError } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { Slots } from '../src/slots.ts'

const never = new AbortController().signal

describe('slots', () => {
  it('gives out as many as there are and takes them back', async () => {
    const slots = new Slots(2, 0)
    const first = await slots.acquire(never)
    await slots.acquire(never)
    expect(slots.busy).toBe(2)
    first()
    first()
    expect(slots.busy).toBe(1)
  })

  it('serves those who wait in the order they came', async () => {
    const slots = new Slots(1, 3)
    const served: number[] = []
    const release = await slots.acquire(never)
    const waiting = [1, 2, 3].map(async (who) => {
      const mine = await slots.acquire(never)
      served.push(who)
      mine()
    })
    release()
    await Promise.all(waiting)
    expect(served).toEqual([1, 2, 3])
    expect(slots.busy).toBe(0)
  })

  it('refuses with busy and a time to come back once the line is full', async () => {
    const slots = new Slots(1, 1)
    await slots.acquire(never)
    void slots.acquire(never)
    const refusal = await slots.acquire(never).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(CastellanError)
    expect(refusal).toMatchObject({ code: 'busy', retryAfterSeconds: 2, detail: { busy: 1, waiting: 1 } })
  })

  it('lets somebody leave the line without holding it up', async () => {
    const slots = new Slots(1, 2)
    const release = await slots.acquire(never)
    const leaving = new AbortController()
    const left = slots.acquire(leaving.signal)
    const stayed = slots.acquire(never)
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    release()
    await stayed
    expect(slots.busy).toBe(1)
    expect(slots.waiting).toBe(0)
  })
})
