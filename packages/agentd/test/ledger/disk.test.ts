import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CastellanError, LedgerErasure, LedgerRecord, LedgerState } from '@castellan/contracts'
import { verifyLedger } from '@castellan/ledger'
import { requires } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { asDone, refusal, TestAgentd, temporaryState } from '../support/agentd.ts'
import { ledgerOf } from '../support/ledger.ts'

requires.root().describe('a disk of its own for the ledger', () => {
  test('when full refuses every call before any effect, and goes on once there is room', async () => {
    const stateDir = withLedgerDisk('size=12m')
    const agentd = await TestAgentd.start({ stateDir })
    await agentd.operate('test_echo')
    const ballast = join(stateDir, 'ledger/ballast')
    fill(ballast)

    const refused = await untilRefused(agentd)
    expect(refused).toMatchObject({ code: 'ledger_unavailable', detail: { cause: 'disk_full' } })
    expect(refused.message).toContain('The disk is full')
    const path = join(stateDir, 'count')
    expect((await refusal(agentd.operate('test_note', { path, text: 'x'.repeat(200_000) }))).code).toBe(
      'ledger_unavailable',
    )
    expect(existsSync(path)).toBe(false)

    rmSync(ballast)
    expect(await agentd.operate('test_note', { path, text: 'there is room' })).toMatchObject({ ok: true })
    expect(existsSync(path)).toBe(true)
    await agentd.stop()
    expect(await verifyLedger(ledgerOf(stateDir))).toMatchObject({ ok: true, findings: [] })
  })

  test('an erasure that the disk had no room for stops the ledger, and is finished when it is open again', async () => {
    const stateDir = withLedgerDisk('size=12m')
    const agentd = await TestAgentd.start({ stateDir })
    const { ledger_index } = asDone(await agentd.operate('test_echo', { text: 'a customer address' }))
    const intent = ledger_index - 1
    const ballast = join(stateDir, 'ledger/ballast')
    fill(ballast)

    const body = { index: intent, reason: 'held an address' }
    const erasing = agentd.operator.request('POST', '/v1/ledger/erasures', { body, schema: LedgerErasure })
    expect(await refusal(erasing)).toMatchObject({ code: 'ledger_unavailable', detail: { cause: 'disk_full' } })
    expect((await refusal(agentd.call('test_echo'))).code).toBe('ledger_unavailable')
    expect(await reopen(agentd)).toMatchObject({ state: 'unavailable' })

    rmSync(ballast)
    expect(await reopen(agentd)).toMatchObject({ state: 'ok' })
    const path = `/v1/ledger/entries/${intent}`
    const shown = await agentd.operator.request('GET', path, { schema: LedgerRecord })
    expect(shown).toMatchObject({ payload_state: 'erased', erased: { actor: { kind: 'operator' } } })
    expect(await agentd.story()).toContain('ledger_reopened')
    await agentd.stop()
    expect(await verifyLedger(ledgerOf(stateDir))).toMatchObject({ ok: true, findings: [] })
  })

  test('mounted read-only refuses every call, reads too, and goes on once it is writable', async () => {
    const stateDir = withLedgerDisk('size=12m')
    const before = await TestAgentd.start({ stateDir })
    await before.operate('test_echo')
    await before.stop()
    remount(stateDir, 'ro')

    const agentd = await TestAgentd.start({ stateDir })
    const read = await refusal(agentd.call('test_echo'))
    expect(read).toMatchObject({ code: 'ledger_unavailable', detail: { cause: 'read_only' } })
    const path = join(stateDir, 'count')
    expect((await refusal(agentd.operate('test_count', { path }))).code).toBe('ledger_unavailable')
    expect(existsSync(path)).toBe(false)
    expect(await reopen(agentd)).toMatchObject({ state: 'unavailable' })

    remount(stateDir, 'rw')
    expect(await reopen(agentd)).toMatchObject({ state: 'ok' })
    expect(await agentd.operate('test_count', { path })).toMatchObject({ ok: true })
    await agentd.stop()
    expect(await verifyLedger(ledgerOf(stateDir))).toMatchObject({ ok: true, findings: [] })
  })
})

/** A state folder whose ledger lies on a file system of its own. */
function withLedgerDisk(options: string): string {
  const stateDir = temporaryState()
  const folder = join(stateDir, 'ledger')
  mkdirSync(folder, { mode: 0o700 })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=0700`, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return stateDir
}

function remount(stateDir: string, how: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${how}`, join(stateDir, 'ledger')])
}

function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(64 * 1024), { flag: 'a' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

/** Reads with long arguments, until what was set aside for the journal is used up. */
async function untilRefused(agentd: TestAgentd): Promise<CastellanError> {
  for (let i = 0; i < 40; i += 1) {
    const answered = agentd.operate('test_echo', { text: 'x'.repeat(200_000) })
    const done = await answered.then(
      () => true,
      () => false,
    )
    if (!done) return refusal(answered)
  }
  throw new Error('the disk never filled up')
}

function reopen({ operator }: TestAgentd): Promise<LedgerState> {
  return operator.request('POST', '/v1/ledger/reopen', { schema: LedgerState })
}
