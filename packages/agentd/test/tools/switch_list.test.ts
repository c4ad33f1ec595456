import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { Journal } from '../../src/switch/journal.ts'
import { newSwitchId, type SwitchRecord } from '../../src/switch/record.ts'
import { openMachine } from '../support/machine.ts'

const system = { path: `/nix/store/${'a'.repeat(32)}-nixos-system`, generation: 1 }

/** A switch that was committed in that minute. */
function committed(minute: number): SwitchRecord {
  return {
    v: 1,
    id: newSwitchId(),
    phase: 'committed',
    reason: '',
    actor: { kind: 'operator', name: 'tester' },
    callId: null,
    from: system,
    to: system,
    bootDefault: system,
    plan: {
      ...{ activation: 'auto', confirm: 'health', checks: [] },
      ...{ activationSeconds: 60, graceSeconds: 0, probationSeconds: 1, confirmSeconds: 1 },
    },
    bootId: 'boot',
    byBoot: false,
    baseline: null,
    findings: [],
    notices: [],
    confirmedBy: null,
    blamed: false,
    rebooted: false,
    outcome: null,
    steps: [{ phase: 'committed', at: new Date(Date.UTC(2026, 10, 21, 0, minute)).toISOString(), note: '' }],
  }
}

it('switch_list pages through a real journal, newest first, and says when none are left', async () => {
  const journal = await Journal.open(join(temporaryFolder(), 'switch'))
  const records = [committed(1), committed(2), committed(3)]
  for (const record of records) await journal.save(record)
  const port = { list: () => journal.list(), knownBad: () => [], close: async () => undefined }
  await using machine = await openMachine({ replace: { switch: port as never } })
  const page = (args: Record<string, unknown>) => machine.call('switch_list', args)
  const [first, rest, none] = [await page({ limit: 2 }), await page({ limit: 2, offset: 2 }), await page({ offset: 3 })]
  const ids = [first, rest].flatMap(({ output }) => (output.switches as { id: string }[]).map(({ id }) => id))
  expect(ids).toEqual(records.map(({ id }) => id).reverse())
  expect([first, rest, none].map(({ output }) => output.truncated)).toEqual([true, false, false])
  expect(first.summary).toBe('3 switches; the newest, of 2026-11-21 00:03 UTC, is committed.')
  expect(rest.summary).toBe('3 switches; the newest shown, of 2026-11-21 00:01 UTC, is committed.')
  expect(none.summary).toBe('The offset leaves out all there are (3 switches).')
})
