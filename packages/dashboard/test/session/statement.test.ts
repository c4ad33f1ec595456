import { emergencyText, operatorKeyText, recoveryText } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { emergencyStatement, operatorKeyStatement, recoveryStatement } from '../../src/session/statement.ts'

const at = '2026-11-21T03:00:00.000Z'
const reasons = ['', 'too "eager"\nand more', 'ß']

test('what the page signs to freeze and thaw is what agentd checks', () => {
  for (const reason of reasons) {
    expect(emergencyStatement({ reason, at })).toBe(emergencyText({ reason, at }))
    const thaw = { reason, at, freeze: 'frz_hB9mWkqzP0aYt3Q2' }
    expect(emergencyStatement(thaw)).toBe(emergencyText(thaw))
  }
})

test('what the page signs to rename and remove keys is what agentd checks', () => {
  const key = 'opk_hB9mWkqzP0aYt3Q2'
  expect(operatorKeyStatement(key, { at })).toBe(operatorKeyText(key, { at }))
  for (const name of reasons) expect(operatorKeyStatement(key, { at, name })).toBe(operatorKeyText(key, { at, name }))
})

test('what the page signs to walk back from an incident is what agentd checks', () => {
  const incident = 'inc_hB9mWkqzP0aYt3Q2'
  for (const reason of reasons) {
    for (const force of [true, false]) {
      const word = { step: 'lift:freeze_agents' as const, force, reason, at }
      expect(recoveryStatement(incident, word)).toBe(recoveryText(incident, word))
    }
  }
})
