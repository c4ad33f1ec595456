import { CastellanError } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { optionName, optionPath } from '../../src/host/nixos/options.ts'
import type { LookedAt } from '../../src/optimization/rule.ts'
import { rules, survey } from '../../src/optimization/survey.ts'

const signal = new AbortController().signal
const GB = 1e9

const hour = (hoursAgo: number, memoryPercent: number) => ({
  at: new Date(Date.now() - hoursAgo * 3_600_000),
  cpuPercent: 1,
  load: 0,
  memoryPercent,
  swapPercent: 0,
})

/** A host on which no rule has anything to suggest, but for what is given. */
function host(parts: Record<string, Record<string, unknown>> = {}): LookedAt {
  const timer = (name: string) => ({
    timer: name,
    unit: name.replace('.timer', '.service'),
    next: new Date(),
    last: null,
  })
  const check = (id: string, outcome: string, found = 'As it should be.') => ({
    check: { id, weight: 3 },
    finding: { outcome, found },
  })
  const ids = ['lasting_journal', 'firewall', 'ssh_passwords', 'ssh_root_password', 'confinement']
  const calm = {
    nix: {
      store: {
        usage: async () => ({ bytes: 5 * GB, paths: 100, deadBytes: 0, freeBytes: 50 * GB, totalBytes: 100 * GB }),
      },
      generations: async () => [],
    },
    storage: {
      devices: async () => [{ name: 'nvme0n1', kind: 'disk', rotational: false, removable: false, readOnly: false }],
    },
    system: {
      memory: async () => ({ totalBytes: 16 * GB, usedBytes: 4 * GB, swapTotalBytes: 0 }),
      clock: async () => ({ synchronized: true, service: 'chronyd.service' }),
    },
    systemd: {
      timers: async () => [timer('fstrim.timer')],
      services: async () => [{ unit: 'smartd.service', activeState: 'active' }],
    },
    journal: { sizeBytes: async () => 0.5 * GB },
    history: { between: async () => [hour(1, 30), hour(2, 30)] },
    hardening: { check: async () => ids.map((id) => check(id, 'pass')) },
    network: { listeners: async () => [] },
  }
  const merged = Object.fromEntries(Object.entries(calm).map(([name, port]) => [name, { ...port, ...parts[name] }]))
  return merged as unknown as LookedAt
}

async function suggested(parts?: Record<string, Record<string, unknown>>) {
  const surveyed = await survey(host(parts), rules, signal)
  return surveyed
    .filter(({ look }) => look.outcome === 'suggest')
    .map(({ rule, look }) => [rule.id, look.figures] as const)
}

const failing = (id: string, found: string) => ({
  hardening: { check: async () => [{ check: { id, weight: 3 }, finding: { outcome: 'fail', found } }] },
})

describe('the rules', () => {
  it('suggest nothing for a host that is well', async () => {
    expect(await suggested()).toEqual([])
  })

  it('have ids of their own, options that NixOS writes so, and a cost', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    for (const { option, cost, title } of rules) {
      expect(optionName(optionPath(option))).toBe(option)
      expect(cost.length).toBeGreaterThan(20)
      expect(title.length).toBeGreaterThan(10)
    }
  })

  it.each([
    [
      'much garbage in the store',
      {
        nix: {
          store: {
            usage: async () => ({
              bytes: 30 * GB,
              paths: 1,
              deadBytes: 12 * GB,
              freeBytes: 50 * GB,
              totalBytes: 100 * GB,
            }),
          },
        },
      },
      'store-gc',
      { deadBytes: 12 * GB, freeBytes: 50 * GB, totalBytes: 100 * GB },
    ],
    [
      'a large store of many generations',
      {
        nix: {
          store: {
            usage: async () => ({ bytes: 30 * GB, paths: 9, deadBytes: 0, freeBytes: 50 * GB, totalBytes: 100 * GB }),
          },
          generations: async () => [1, 2, 3, 4, 5],
        },
      },
      'store-optimise',
      { storeBytes: 30 * GB, storePaths: 9, generations: 5 },
    ],
    ['a big journal', { journal: { sizeBytes: async () => 4 * GB } }, 'journal-limit', { journalBytes: 4 * GB }],
    [
      'memory that was short again and again, and no swap',
      { history: { between: async () => [hour(1, 91), hour(2, 92), hour(3, 93), hour(4, 20)] } },
      'zram-swap',
      { totalBytes: 16 * GB, usedBytes: 4 * GB, swapTotalBytes: 0, samples: 4, pressedSamples: 3 },
    ],
    ['an SSD that nobody trims', { systemd: { timers: async () => [] } }, 'fstrim', { ssds: 1 }],
    ['disks that nobody watches', { systemd: { services: async () => [] } }, 'disk-watch', { disks: 1 }],
    ['a clock on its own', { system: { clock: async () => ({ synchronized: false, service: null }) } }, 'clock', {}],
    ['no firewall', failing('firewall', 'There is no packet filter.'), 'firewall', { weight: 3, openPorts: 0 }],
    ['passwords over SSH', failing('ssh_passwords', 'passwordauthentication is yes.'), 'ssh-passwords', { weight: 3 }],
    [
      'passwords over SSH by prompts',
      failing('ssh_passwords', 'kbdinteractiveauthentication is yes.'),
      'ssh-keyboard-passwords',
      { weight: 3 },
    ],
    ['root with a password', failing('ssh_root_password', 'PermitRootLogin is yes.'), 'ssh-root', { weight: 3 }],
    ['a journal in memory', failing('lasting_journal', 'It is kept in memory only.'), 'journal-lasting', { weight: 3 }],
    ['no confinement', failing('confinement', 'Only capability are loaded.'), 'apparmor', { weight: 3 }],
  ])('%s: one suggestion, with its figures', async (_, parts, id, figures) => {
    expect(await suggested(parts as never)).toEqual([[id, figures]])
  })

  it('never suggest swap where there is some, nor a second time service', async () => {
    const full = { totalBytes: 16 * GB, usedBytes: 15.9 * GB, swapTotalBytes: GB }
    expect(await suggested({ system: { memory: async () => full } })).toEqual([])
    const two = { system: { clock: async () => ({ synchronized: false, service: 'ntpd.service' }) } }
    expect(await suggested(two)).toEqual([])
  })

  it('say what they cannot look at, and go on', async () => {
    const parts = {
      systemd: {
        timers: async () => {
          throw new CastellanError('unsupported_host', 'systemd does not run this host.')
        },
      },
      journal: { sizeBytes: async () => 4 * GB },
    }
    const surveyed = await survey(host(parts), rules, signal)
    const unknown = surveyed.filter(({ look }) => look.outcome === 'unknown').map(({ rule }) => rule.id)
    expect(unknown).toEqual(['store-gc', 'store-optimise', 'fstrim'])
    expect(surveyed.find(({ rule }) => rule.id === 'journal-limit')?.look.outcome).toBe('suggest')
  })

  it('keep what an option of text says already', () => {
    const limit = rules.find(({ id }) => id === 'journal-limit')
    expect(limit?.value(undefined)).toBe('SystemMaxUse=1G\n')
    expect(limit?.value('ForwardToSyslog=no')).toBe('ForwardToSyslog=no\nSystemMaxUse=1G\n')
  })
})
