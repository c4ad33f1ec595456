import { once } from 'node:events'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { LedgerCosigning, LedgerHead, LedgerProof, ProcessHealth } from '@castellan/contracts'
import { checkProof, createWitnessServer, LogWitness, parsePolicy } from '@castellan/ledger'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { asDone, refusal, TestAgentd, temporaryState } from '../support/agentd.ts'

test('the witnesses cosign at the start and when asked, and proofs carry it', async () => {
  const { stateDir, policy, settings } = await witnessed()
  const agentd = await TestAgentd.start({ stateDir, settings })
  await until('the witness was asked', async () => (await witnesses(agentd)).met)
  const { ledger_index } = asDone(await agentd.call('test_echo'))
  expect(await cosign(agentd)).toMatchObject({
    met: true,
    outcomes: [{ witness: 'w1', outcome: { kind: 'cosigned' } }],
  })
  const path = `/v1/ledger/entries/${ledger_index}/proof`
  const { proof } = await agentd.agent.request('GET', path, { schema: LedgerProof })
  const { vkey } = await agentd.agent.request('GET', '/v1/ledger/head', { schema: LedgerHead })
  expect(checkProof(proof, [vkey], parsePolicy(policy)).witnesses).toEqual(['w1'])
  const health = await agentd.agent.request('GET', '/v1/health', { schema: ProcessHealth })
  expect(health).toMatchObject({ state: 'ready', detail: { witnesses: { met: true, alarms: [] } } })
})

test('a copy that was put back, key folder and all, is an alarm: in health, and once in the ledger', async () => {
  const { stateDir, settings } = await witnessed()
  const copy = join(temporaryFolder(), 'copy')
  cpSync(stateDir, copy, { recursive: true })
  const before = await TestAgentd.start({ stateDir, settings })
  for (let i = 0; i < 40; i += 1) await before.call('test_echo')
  await cosign(before)
  await before.stop()
  for (const folder of ['ledger', 'agentd']) {
    rmSync(join(stateDir, folder), { recursive: true })
    cpSync(join(copy, folder), join(stateDir, folder), { recursive: true })
  }

  const agentd = await TestAgentd.start({ stateDir, settings })
  expect(await cosign(agentd)).toMatchObject({ met: false, outcomes: [{ outcome: { kind: 'ahead' } }] })
  await cosign(agentd)
  const health = await agentd.agent.request('GET', '/v1/health', { schema: ProcessHealth })
  const alarms = [expect.stringMatching(/^Witness w1 has seen \d+ entries of this ledger, which has only \d+: /)]
  expect(health).toMatchObject({ state: 'degraded', detail: { ledger: { state: 'ok' }, witnesses: { alarms } } })
  expect(await agentd.entries('&type=witness_alarm')).toMatchObject([
    { entry: { code: 'ahead', actor: { kind: 'system' }, facts: { witness: 'w1' } } },
  ])

  for (let i = 0; i < 60; i += 1) await agentd.call('test_echo')
  expect(await cosign(agentd)).toMatchObject({ outcomes: [{ outcome: { kind: 'inconsistent' } }] })
  expect(await agentd.entries('&type=witness_alarm')).toMatchObject([
    { entry: { code: 'inconsistent' } },
    { entry: { code: 'ahead' } },
  ])
})

test('a witness that does not answer is no alarm, and does not keep agentd from stopping', async () => {
  const { stateDir, settings, server } = await witnessed()
  server.removeAllListeners('request')
  const agentd = await TestAgentd.start({ stateDir, settings })
  const asked = cosign(agentd).catch(() => undefined)
  await once(server, 'request')
  await agentd.stop()
  await asked
  await new Promise((resolve) => server.close(resolve).closeAllConnections())

  const again = await TestAgentd.start({ stateDir, settings })
  expect(await cosign(again)).toMatchObject({ met: false, outcomes: [{ outcome: { kind: 'unavailable' } }] })
  const health = await again.agent.request('GET', '/v1/health', { schema: ProcessHealth })
  expect(health).toMatchObject({ state: 'ready', detail: { witnesses: { met: false, alarms: [] } } })
})

test('a policy that makes no sense is refused at the start, by file and line', async () => {
  const file = join(temporaryFolder(), 'policy')
  writeFileSync(file, 'quorum w9\n')
  const started = TestAgentd.start({ settings: { LEDGER__WITNESS_POLICY: file } })
  expect(await refusal(started)).toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining(`${file}: Line 1`),
  })
})

/** A ledger, and a real witness on loopback that knows it. */
async function witnessed() {
  const stateDir = temporaryState()
  const first = await TestAgentd.start({ stateDir })
  const { vkey } = await first.agent.request('GET', '/v1/ledger/head', { schema: LedgerHead })
  await first.stop()
  const folder = temporaryFolder()
  const witness = await LogWitness.open({ dir: join(folder, 'witness'), name: 'witness.example/w1', logs: [vkey] })
  const server = createWitnessServer(witness).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const policy = `log ${vkey}\nwitness w1 ${witness.verifier.vkey} ${url}\nquorum w1\n`
  const file = join(folder, 'policy')
  writeFileSync(file, policy)
  return { stateDir, policy, server, settings: { LEDGER__WITNESS_POLICY: file } }
}

function cosign({ operator }: TestAgentd): Promise<LedgerCosigning> {
  return operator.request('POST', '/v1/ledger/cosign', { schema: LedgerCosigning })
}

async function witnesses({ agent }: TestAgentd): Promise<{ met: boolean | null }> {
  const { detail } = await agent.request('GET', '/v1/health', { schema: ProcessHealth })
  return detail?.witnesses as { met: boolean | null }
}
