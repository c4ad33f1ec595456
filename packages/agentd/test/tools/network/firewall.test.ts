import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { requires } from '@castellan/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseIptables, parseNftables } from '../../../src/host/firewall.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

describe('firewall_status', () => {
  it('reads nftables and iptables alike', () => {
    const nft = JSON.stringify({
      nftables: [
        { metainfo: {} },
        { table: { family: 'inet', name: 'filter' } },
        {
          chain: {
            family: 'inet',
            table: 'filter',
            name: 'input',
            hook: 'input',
            prio: 0,
            policy: 'drop',
            type: 'filter',
          },
        },
        { chain: { family: 'inet', table: 'filter', name: 'extra' } },
        { rule: { family: 'inet', table: 'filter', chain: 'input', expr: [] } },
      ],
    })
    expect(parseNftables(nft)).toEqual([
      { family: 'inet', table: 'filter', name: 'input', hook: 'input', policy: 'drop', rules: 1 },
      { family: 'inet', table: 'filter', name: 'extra', hook: null, policy: null, rules: 0 },
    ])
    const saved = '*filter\n:INPUT DROP [0:0]\n:DOCKER - [0:0]\n-A INPUT -p tcp -j ACCEPT\n-A INPUT -j DOCKER\nCOMMIT\n'
    expect(parseIptables(saved, 'ip')).toEqual([
      { family: 'ip', table: 'filter', name: 'INPUT', hook: 'input', policy: 'drop', rules: 2 },
      { family: 'ip', table: 'filter', name: 'DOCKER', hook: null, policy: null, rules: 0 },
    ])
  })

  const script = fileURLToPath(new URL('../../support/call-tools.ts', import.meta.url))
  /** Calls the tool in a network namespace of its own, after some shell. */
  function within(shell: string): { output: Record<string, unknown>; summary: string; taints: string[] } {
    const steps = JSON.stringify([{ name: 'firewall_status' }])
    const argv = [
      '-n',
      'sh',
      '-ec',
      `${shell}; exec "$0" --conditions=source "$1" "$2"`,
      process.execPath,
      script,
      steps,
    ]
    return JSON.parse(execFileSync('unshare', argv, { encoding: 'utf8', timeout: 120_000 }))[0]
  }

  requires
    .root()
    .and(requires.command('nft', 'nftables'))
    .test('shows the real rules, and says when there are none', () => {
      const rules =
        'add table inet t; add chain inet t in { type filter hook input priority 0; policy drop; }; add rule inet t in tcp dport 22 accept'
      const { output, summary, taints } = within(`nft '${rules}'`)
      expect(output).toMatchObject({
        backend: 'nftables',
        filtering: true,
        chains: [{ family: 'inet', table: 't', name: 'in', hook: 'input', policy: 'drop', rules: 1 }],
        truncated: false,
        nextOffset: null,
      })
      expect(output.rules).toContain('tcp dport 22 accept')
      expect(summary).toBe('nftables with 1 chain and 1 rule. On input: inet t drops what 1 rule does not decide.')
      expect(taints).toEqual(['untrusted-text'])
      expect(within('true').summary).toContain('everything that listens can be reached')
    })

  requires
    .that(
      !requires.command('nft', 'nftables').met && !requires.command('iptables-save', 'iptables').met,
      'needs a host without nft and iptables',
    )
    .test('says what is missing', async () => {
      await expect(machine.call('firewall_status')).rejects.toMatchObject({
        code: 'unsupported_host',
        message: expect.stringContaining('nftables'),
      })
    })
})
