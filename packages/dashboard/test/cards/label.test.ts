import { expect, test } from 'vitest'
import { label } from '../../src/cards/label.ts'

test.each([
  ['mountPoint', 'Mount point'],
  ['usedBytes', 'Used'],
  ['usedPercent', 'Used %'],
  ['startedAt', 'Started'],
  ['durationMs', 'Duration'],
  ['uptimeSeconds', 'Uptime'],
  ['mainPid', 'Main PID'],
  ['cpuCount', 'CPU count'],
  ['ledger_index', 'Ledger index'],
  ['at', 'At'],
  ['bytes', 'Bytes'],
])('%s is called "%s"', (field, name) => {
  expect(label(field)).toBe(name)
})
