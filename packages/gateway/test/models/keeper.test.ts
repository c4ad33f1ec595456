import { join } from 'node:path'
import {
  CastellanError,
  type EngineHealth,
  type EngineModelRequest,
  type EngineModelSwitch,
} from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { writeChoice } from '../../src/models/chosen.ts'
import { ModelKeeper } from '../../src/models/keeper.ts'
import { quietLog } from '../support/log.ts'

const sha256 = 'ab'.repeat(32)

/** A keeper with a model that was chosen before, and an engine that has another one. */
async function keeping(failures: CastellanError[]) {
  const path = join(temporaryFolder(), 'model.json')
  await writeChoice(path, { id: sha256.slice(0, 16), name: 'Large', sha256, chosen_at: '2026-11-21T03:00:00.000Z' })
  const switched: EngineModelRequest[] = []
  const facts = { name: 'x', kind: 'chat', contextTokens: 512, parameters: 1 } as const
  const engine = {
    async health(): Promise<EngineHealth> {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      return { state: 'ready', model: { ...facts, digest: '0'.repeat(64) }, busy: 0, slots: 1, network: 'none' }
    },
    async switchTo(request: EngineModelRequest): Promise<EngineModelSwitch> {
      switched.push(request)
      return { model: { ...facts, digest: sha256 }, previous: null, how: 'beside', durationMs: 1 }
    },
  }
  const records = { append: async () => 0 }
  const log = quietLog('gateway')
  return { keeper: await ModelKeeper.open({ path, engine, records, log } as never), switched }
}

test.each([
  ['slow', new CastellanError('deadline_exceeded', 'The engine did not answer.')],
  ['away', new CastellanError('engine_unavailable', 'Nothing answers.')],
])('an engine that is %s for a moment is asked again by the next who needs it', async (_, failure) => {
  const { keeper, switched } = await keeping([failure])
  await keeper.settle()
  expect([switched, keeper.chosen?.problem]).toEqual([[], undefined])
  await keeper.settle()
  expect(switched).toEqual([{ id: sha256 }])
})

test('one that refuses the model is left in peace for a while, and that is told', async () => {
  const { keeper, switched } = await keeping([new CastellanError('model_invalid', 'The file is gone.')])
  await keeper.settle()
  await keeper.settle()
  expect([switched, keeper.chosen?.problem?.code]).toEqual([[], 'model_invalid'])
})
