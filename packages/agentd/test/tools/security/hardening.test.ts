import { CastellanError } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import type { Ground } from '../../../src/host/hardening/check.ts'
import { Hardening, hardeningChecks, scoreOf } from '../../../src/host/hardening/hardening.ts'
import { networkChecks } from '../../../src/host/hardening/network.ts'

const signal = new AbortController().signal

function ground(fields: Partial<Ground>): Ground {
  return {
    kernel: { value: async (name) => ({ name, value: '1' }) },
    listeners: async () => [],
    firewall: async () => ({ backend: 'nftables', chains: [], text: '' }),
    signal,
    ...fields,
  }
}

const look = (id: string, fields: Partial<Ground>) =>
  networkChecks.find((check) => check.id === id)?.look(ground(fields))

const listener = (address: string, port: number) =>
  [{ protocol: 'tcp', address, port, pid: 1, process: 'redis-server', user: 'redis' }] as never

describe('a data store', () => {
  it.each([
    ['0.0.0.0', 'fail'],
    ['::', 'fail'],
    ['10.0.0.5', 'fail'],
    ['127.0.0.1', 'pass'],
    ['::1', 'pass'],
    ['::ffff:127.0.0.1', 'pass'],
  ])('that listens on %s: %s', async (address, outcome) => {
    expect(await look('inner_services', { listeners: async () => listener(address, 6379) })).toMatchObject({ outcome })
  })
})

describe('the firewall', () => {
  const chain = (policy: string, rules: number) => ({
    backend: 'nftables' as const,
    chains: [{ family: 'inet', table: 'filter', name: 'input', hook: 'input', policy, rules }],
    text: '',
  })

  it.each([
    [chain('drop', 0), 'pass'],
    [chain('accept', 3), 'pass'],
    [chain('accept', 0), 'fail'],
  ])('%j: %s', async (firewall, outcome) => {
    expect(await look('firewall', { firewall: async () => firewall })).toMatchObject({ outcome })
  })

  it.each([
    ['unsupported_host', 'fail'],
    ['permission_denied', 'unknown'],
  ] as const)('that answers %s: %s', async (code, outcome) => {
    const firewall = async () => {
      throw new CastellanError(code, 'No.')
    }
    expect(await look('firewall', { firewall })).toMatchObject({ outcome })
  })
})

describe('the score', () => {
  const checked = (outcomes: readonly ('pass' | 'fail' | 'unknown' | 'not_applicable')[]) =>
    outcomes.map((outcome, index) => ({
      check: { ...(hardeningChecks[0] as (typeof hardeningChecks)[0]), weight: ((index % 3) + 1) as 1 | 2 | 3 },
      finding: { outcome, found: '' },
    }))

  it('weighs what passed against what failed, and leaves out what nobody knows', () => {
    expect(scoreOf(checked(['pass', 'fail', 'unknown']))).toBe(33)
    expect(scoreOf(checked(['fail', 'pass', 'pass']))).toBe(83)
    expect(scoreOf(checked(['unknown', 'not_applicable']))).toBeNull()
  })

  it('is there on this machine, and a check that cannot look does not spoil the others', async () => {
    const blind = ground({
      listeners: async () => {
        throw new CastellanError('permission_denied', 'Only root.')
      },
    })
    const report = await new Hardening(blind).check(signal)
    expect(report).toHaveLength(hardeningChecks.length)
    expect(report.find(({ check }) => check.id === 'inner_services')?.finding.outcome).toBe('unknown')
    expect(new Set(report.map(({ check }) => check.id)).size).toBe(report.length)
  })
})
