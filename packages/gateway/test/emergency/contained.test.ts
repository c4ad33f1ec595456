import { CastellanError, type ContainmentState } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { expect, it, onTestFinished } from 'vitest'
import { ContainmentWatch } from '../../src/emergency/containment-watch.ts'
import { FreezeWatch } from '../../src/emergency/freeze-watch.ts'
import { AccessRefusals } from '../../src/plugins/access-refusals.ts'
import { quietLog } from '../support/log.ts'

/** agentd's word on what to hold shut, and what it was told of it. */
function agentd() {
  let state: ContainmentState = { version: 'a', suspend_tokens: false, lock_credentials: false }
  let changed: () => void = () => undefined
  const applied: string[] = []
  return {
    applied,
    say(next: ContainmentState) {
      state = next
      changed()
    },
    async containmentOnceChanged(known: string | undefined, signal: AbortSignal) {
      if (known === state.version) {
        await new Promise<void>((resolve) => {
          changed = resolve
          signal.addEventListener('abort', () => resolve())
        })
      }
      signal.throwIfAborted()
      return state
    },
    async containmentApplied(version: string) {
      applied.push(version)
    },
  }
}

it('suspends tokens and locks credentials before it says that it does, and lets go again', async () => {
  const source = agentd()
  const watch = new ContainmentWatch(source, quietLog('gateway'))
  const frozen = { freezeOnceChanged: async () => ({ freeze: null }) }
  const freezes = new FreezeWatch(frozen, quietLog('gateway'))
  freezes.follow(watch)
  const told: boolean[] = []
  freezes.onChange(() => told.push(freezes.credentialsLocked))
  watch.start()
  onTestFinished(() => watch.close())
  await until('the first state is applied', () => source.applied.includes('a'))
  expect(() => watch.refuseIfSuspended()).not.toThrow()

  source.say({ version: 'b', suspend_tokens: true, lock_credentials: true })
  await until('the second state is applied', () => source.applied.includes('b'))
  expect(told).toEqual([true])
  expect(freezes.credentialsLocked).toBe(true)
  expect(() => watch.refuseIfSuspended()).toThrow(CastellanError)

  source.say({ version: 'c', suspend_tokens: false, lock_credentials: false })
  await until('the third state is applied', () => source.applied.includes('c'))
  expect(() => watch.refuseIfSuspended()).not.toThrow()
})

it('puts the first unknown token on record at once, and counts the others', () => {
  const records: unknown[] = []
  const append = async (record: unknown) => records.push(record)
  const refusals = new AccessRefusals({ append }, quietLog('gateway'))
  onTestFinished(() => refusals.close())
  for (let i = 0; i < 100; i += 1) refusals.note('token_unknown')
  expect(records).toEqual([{ type: 'access_refused', how: 'token_unknown', count: 1 }])
})
