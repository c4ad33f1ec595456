import { closeSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ProcessHealth, SignInCode } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { Ledger } from '@castellan/ledger'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { LedgerRecorder } from '../src/ledger/ledger-recorder.ts'
import { interruptOrphans } from '../src/ledger/orphans.ts'
import { refusal, TestAgentd, temporaryState } from './support/agentd.ts'

const actor = { kind: 'agent' as const, name: 'main' }

test('on a damaged ledger agentd stays up, runs nothing and says why', async () => {
  const agentd = await TestAgentd.start()
  await agentd.call('test_echo', { text: 'before the damage' })
  await agentd.stop()
  damage(join(agentd.stateDir, 'ledger/journal'))

  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  const health = await restarted.agent.request('GET', '/v1/health', { schema: ProcessHealth })
  expect(health).toMatchObject({ state: 'degraded', detail: { ledger: { state: 'damaged' } } })
  expect((await refusal(restarted.call('test_echo'))).code).toBe('ledger_damaged')
  expect((await refusal(restarted.operate('test_echo'))).code).toBe('ledger_damaged')
  const signIn = restarted.operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
  expect((await refusal(signIn)).code).toBe('ledger_damaged')
})

test('while the ledger cannot be had nothing runs; once it can, everything does', async () => {
  const { options, log } = ledgerParts()
  const other = await Ledger.open(options)
  const recorder = await LedgerRecorder.open({ options, log, retryMs: 20, onOpen: async () => undefined })
  expect(recorder.state()).toMatchObject({ state: 'unavailable' })
  const refused = await refusal(recorder.append({ type: 'daemon_started', actor }))
  expect(refused).toMatchObject({ code: 'ledger_unavailable', detail: { cause: 'state_locked' } })
  await other.close()
  await until('the ledger is there', () => recorder.state().state === 'ok')
  expect(await recorder.append({ type: 'daemon_started', actor })).toBe(0)
  await recorder.close()
})

test('an intent without outcome is closed as interrupted, once', async () => {
  const { options } = ledgerParts()
  const before = await Ledger.open(options)
  const { index } = await before.append({ type: 'intent', actor, tool: 'test_echo' as never, effect: 'read' })
  await before.close()

  const after = await Ledger.open(options)
  expect(await interruptOrphans(after)).toBe(1)
  expect(await after.read(index + 1)).toMatchObject({ type: 'interrupted', intent: index, tool: 'test_echo' })
  expect(await interruptOrphans(after)).toBe(0)
  await after.close()
})

function ledgerParts() {
  const stateDir = temporaryState()
  const options = { dir: join(stateDir, 'ledger'), keyDir: join(stateDir, 'agentd/ledger-keys') }
  return { options, log: createLogger({ name: 'test', file: '/dev/null' }) }
}

/** Changes one byte early in the journal. */
function damage(folder: string): void {
  const [segment] = readdirSync(folder)
  const file = openSync(join(folder, segment as string), 'r+')
  writeSync(file, '!', 600)
  closeSync(file)
}
