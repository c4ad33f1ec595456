import { emergencyText } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { statementText } from '../../src/security/statement.ts'

test('what the page signs is what agentd checks', () => {
  const at = '2026-11-21T03:00:00.000Z'
  for (const reason of ['', 'too "eager"\nand more', 'ß']) {
    expect(statementText({ reason, at })).toBe(emergencyText({ reason, at }))
    const thaw = { reason, at, freeze: 'frz_hB9mWkqzP0aYt3Q2' }
    expect(statementText(thaw)).toBe(emergencyText(thaw))
  }
})
