import { expect, test } from 'vitest'
import type { EntryRecord } from '../../src/entries/entry.ts'
import { briefing } from '../../src/overview/briefing.ts'

const record = (entry: object) => ({ entry, payload_state: 'none' }) as unknown as EntryRecord

test('a quiet day is said in one sentence', () => {
  expect(briefing([], null)).toEqual(['In the last 24 hours, no change was made.'])
})

test('acts, failures, incidents and the fullest disk are told', () => {
  const records = [
    record({ type: 'outcome', ok: true }),
    record({ type: 'outcome', ok: true }),
    record({ type: 'outcome', ok: false }),
    record({ type: 'incident_opened' }),
  ]
  const disk = { mountPoint: '/', totalBytes: 2, availableBytes: 1, usedPercent: 50 }
  const disks = { fileSystems: [disk, { ...disk, mountPoint: '/data', usedPercent: 91.4 }] }
  expect(briefing(records, disks)).toEqual([
    'In the last 24 hours, 2 changes were made, 1 act failed, and 1 incident was opened.',
    'The fullest disk is /data, at 91 %.',
  ])
})
