import { CastellanError } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Turns, type Waiting } from '../../src/queue/order.ts'
import { Slots } from '../../src/queue/slots.ts'

const never = new AbortController().signal
const chat: Waiting = { priority: 'interactive' }
const routine: Waiting = { priority: 'background' }

/** One slot that is taken, so that everybody who comes waits. */
async function taken(queueLimit = 8) {
  const slots = new Slots(1, queueLimit)
  const release = await slots.acquire(chat, never)
  return { slots, release }
}

describe('slots', () => {
  it('gives out as many as there are and takes them back', async () => {
    const slots = new Slots(2, 0)
    const first = await slots.acquire(chat, never)
    await slots.acquire(chat, never)
    expect(slots.busy).toBe(2)
    first()
    first()
    expect(slots.busy).toBe(1)
  })

  it('serves those of one session in the order they came', async () => {
    const { slots, release } = await taken()
    const served = servedIn(slots, [chat, chat, chat])
    release()
    expect(await served).toEqual([0, 1, 2])
    expect(slots.busy).toBe(0)
  })

  it('lets sessions take turns, whoever asks most', async () => {
    const { slots, release } = await taken()
    const of = (session: string): Waiting => ({ priority: 'interactive', session })
    const served = servedIn(slots, [of('a'), of('a'), of('a'), of('b'), of('c')])
    release()
    expect(await served).toEqual([0, 3, 4, 1, 2])
  })

  it('serves who is waited for first, and the others all the same', async () => {
    const { slots, release } = await taken()
    const served = servedIn(slots, [routine, routine, chat, chat, chat, chat])
    release()
    expect(await served).toEqual([2, 3, 0, 4, 5, 1])
  })

  it('tells everybody their place whenever it changes', async () => {
    const { slots, release } = await taken()
    const places: string[] = []
    const told = (who: string) => (place: number, waiting: number) => void places.push(`${who} ${place}/${waiting}`)
    const first = slots.acquire(routine, never, told('routine'))
    const second = slots.acquire(chat, never, told('chat'))
    expect(places).toEqual(['routine 1/1', 'chat 1/2', 'routine 2/2'])
    release()
    ;(await second)()
    await first
    expect(places.slice(3)).toEqual(['routine 1/1'])
  })

  it('refuses with the place and a time to come back once the line is full', async () => {
    const { slots } = await taken(1)
    void slots.acquire(chat, never)
    const refusal = await Promise.resolve()
      .then(() => slots.acquire(chat, never))
      .catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(CastellanError)
    expect(refusal).toMatchObject({
      code: 'engine_queue_full',
      status: 429,
      retryAfterSeconds: 2,
      detail: { busy: 1, waiting: 1, place: 2 },
    })
  })

  it('keeps half of the line for those who are waited for', async () => {
    const { slots } = await taken(4)
    void slots.acquire(routine, never)
    void slots.acquire(routine, never)
    expect(() => slots.acquire(routine, never)).toThrow(expect.objectContaining({ code: 'engine_queue_full' }))
    void slots.acquire(chat, never)
    expect(slots.waiting).toBe(3)
  })

  it('lets somebody leave the line without holding it up', async () => {
    const { slots, release } = await taken()
    const leaving = new AbortController()
    const left = slots.acquire(chat, leaving.signal)
    const stayed = slots.acquire(chat, never)
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    release()
    await stayed
    expect(slots.busy).toBe(1)
    expect(slots.waiting).toBe(0)
  })

  it('grants nothing while it is closed', async () => {
    const slots = new Slots(1, 2)
    slots.close()
    const waiting = slots.acquire(chat, never)
    expect(slots.waiting).toBe(1)
    slots.open()
    await waiting
    expect(slots.busy).toBe(1)
  })
})

describe('the order of turns', () => {
  const waiters = fc.array(
    fc.record({
      priority: fc.constantFrom('interactive' as const, 'background' as const),
      session: fc.constantFrom(undefined, 'a', 'b', 'c'),
    }),
    { maxLength: 30 },
  )

  it('serves everybody once, and never makes a background request wait for more than three others a place', () => {
    fc.assert(
      fc.property(waiters, (waiting) => {
        const turns = new Turns()
        const ordered = turns.order(waiting)
        expect(new Set(ordered)).toEqual(new Set(waiting))
        expect(ordered).toHaveLength(waiting.length)
        const background = ordered.flatMap(({ priority }, index) => (priority === 'background' ? [index] : []))
        for (const [nth, index] of background.entries()) expect(index).toBeLessThanOrEqual(nth * 4 + 3)
      }),
    )
  })

  it('is the order in which they are then served', () => {
    fc.assert(
      fc.property(waiters, (waiting) => {
        const turns = new Turns()
        const expected = turns.order(waiting)
        let left = [...waiting]
        const served: Waiting[] = []
        while (left.length > 0) {
          const next = turns.next(left) as (typeof left)[number]
          turns.took(next)
          served.push(next)
          left = left.filter((other) => other !== next)
        }
        expect(served).toEqual(expected)
      }),
    )
  })
})

/** The numbers of those who wait, in the order they are served; each gives its slot back at once. */
async function servedIn(slots: Slots, waiting: readonly Waiting[]): Promise<number[]> {
  const served: number[] = []
  await Promise.all(
    waiting.map(async (who, index) => {
      const release = await slots.acquire(who, never)
      served.push(index)
      release()
    }),
  )
  return served
}
