import { once } from 'node:events'
import type { Happening } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { expect, onTestFinished, test } from 'vitest'
import { Followers } from '../../src/chat/followers.ts'

/** An agentd that tells what the test gives it, and breaks off where the test says so. */
function standIn(streams: (readonly Happening[])[]) {
  const asked: (number | undefined)[] = []
  const frames: unknown[] = []
  const signals: AbortSignal[] = []
  const agentd = {
    async *follow(after: number | undefined, signal: AbortSignal): AsyncGenerator<Happening, void, void> {
      asked.push(after)
      signals.push(signal)
      const stream = streams.shift()
      if (stream === undefined) {
        if (!signal.aborted) await once(signal, 'abort')
        return
      }
      yield* stream
      throw new Error('agentd went away')
    },
  }
  const followers = new Followers(agentd, createLogger({ name: 'test', level: 'error' }))
  onTestFinished(() => followers.close())
  return { followers, asked, frames, signals, socket: { send: (frame: string) => void frames.push(JSON.parse(frame)) } }
}

const ledger = (size: number): Happening => ({ ledger: { size, records: [], skipped: 0 } })

test('what agentd tells becomes frames, and after a loss it goes on from where it was', async () => {
  const { followers, asked, frames, socket } = standIn([[ledger(7), ledger(9)]])
  followers.follow(socket, undefined)
  await expect.poll(() => asked).toEqual([undefined, 9])
  expect(frames).toEqual([
    { type: 'ledger', size: 7, records: [], skipped: 0 },
    { type: 'ledger', size: 9, records: [], skipped: 0 },
  ])
})

test('a socket that asks again begins anew, and one that leaves ends its stream', async () => {
  const { followers, asked, signals, socket } = standIn([])
  followers.follow(socket, 3)
  followers.follow(socket, 5)
  expect(asked).toEqual([3, 5])
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  followers.leave(socket)
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
})
