import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { Ledger } from '@castellan/ledger'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { LedgerRecorder } from '../../src/ledger/ledger-recorder.ts'
import { interruptOrphans } from '../../src/ledger/orphans.ts'
import { KeptInverses } from '../../src/undo/kept.ts'
import { refusal } from '../support/agentd.ts'
import { recorderParts } from '../support/ledger.ts'

const actor = { kind: 'agent' as const, name: 'main' }

test('while the ledger cannot be had nothing runs; once it can, everything does', async () => {
  const parts = await recorderParts()
  const other = await Ledger.open(parts.options)
  const recorder = await LedgerRecorder.open({ ...parts, retryMs: 20 })
  expect(recorder.state()).toMatchObject({ state: 'unavailable' })
  const refused = await refusal(recorder.append({ type: 'daemon_started', actor }))
  expect(refused).toMatchObject({ code: 'ledger_unavailable', detail: { cause: 'state_locked' } })
  await other.close()
  await until('the ledger is there', () => recorder.state().state === 'ok')
  expect(await recorder.append({ type: 'daemon_started', actor })).toBe(0)
  await recorder.close()
})

test('opening again says whether this process had the ledger before', async () => {
  const parts = await recorderParts()
  const other = await Ledger.open(parts.options)
  const openings: boolean[] = []
  const onOpen = async (_: Ledger, { again }: { again: boolean }) => void openings.push(again)
  const recorder = await LedgerRecorder.open({ ...parts, retryMs: 60_000, onOpen })
  expect(openings).toEqual([])
  await other.close()
  expect(await recorder.reopen()).toMatchObject({ state: 'ok', size: 0 })
  expect(await recorder.reopen()).toMatchObject({ state: 'ok', size: 0 })
  expect(openings).toEqual([false])
  await recorder.close()
})

test('a clock that jumped back refuses every entry, and the operator can say that it is right', async () => {
  let now = Date.parse('2026-06-01T12:00:00Z')
  const parts = await recorderParts({ clock: () => now })
  const recorder = await LedgerRecorder.open(parts)
  await recorder.append({ type: 'daemon_started', actor })
  now -= 60_000
  expect((await refusal(recorder.append({ type: 'intent', actor }))).code).toBe('clock_jumped')
  expect((await recorder.head()).size).toBe(1)
  expect(await recorder.setClock({ kind: 'operator', name: 'operator' }, 'it is right')).toBe(1)
  expect(await recorder.append({ type: 'intent', actor })).toBe(2)
  await recorder.close()
})

test('what is wrong with a request is told as it is', async () => {
  const recorder = await LedgerRecorder.open(await recorderParts())
  expect((await refusal(recorder.read(7))).code).toBe('not_found')
  const outcome = { type: 'outcome' as const, actor, intent: 7, ok: true }
  expect(await refusal(recorder.append(outcome))).toBeInstanceOf(CastellanError)
  expect((await refusal(recorder.append(outcome))).code).toBe('conflict')
  await recorder.close()
})

test('an intent without outcome is closed as interrupted, once', async () => {
  const { options } = await recorderParts()
  const inverses = await KeptInverses.open(join(options.dir, '..', 'undo'), Buffer.alloc(32))
  const before = await Ledger.open(options)
  const { index } = await before.append({ type: 'intent', actor, tool: 'test_echo' as never, effect: 'read' })
  await before.close()

  const after = await Ledger.open(options)
  expect(await interruptOrphans(after, inverses)).toBe(1)
  expect(await after.read(index + 1)).toMatchObject({ type: 'interrupted', intent: index, tool: 'test_echo' })
  expect(await interruptOrphans(after, inverses)).toBe(0)
  await after.close()
})
