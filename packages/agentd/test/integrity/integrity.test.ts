import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerDraft, LedgerPage, LedgerQuery } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import type { Sighting } from '../../src/incidents/sighting.ts'
import { BaselineStore } from '../../src/integrity/baseline.ts'
import { Canaries } from '../../src/integrity/canaries.ts'
import { Integrity } from '../../src/integrity/integrity.ts'
import { IntegrityMonitor } from '../../src/integrity/monitor.ts'
import { EvidenceKey } from '../../src/state/evidence-key.ts'

function world({ system = '/nix/store/a' }: { system?: string } = {}) {
  const folder = temporaryFolder()
  const watched = join(folder, 'watched')
  mkdirSync(join(watched, 'bin'), { recursive: true })
  writeFileSync(join(watched, 'bin/tool'), 'one\n')
  writeFileSync(join(watched, 'policy'), 'permit\n')
  symlinkSync('bin/tool', join(watched, 'link'))
  const runningSystem = join(folder, 'current-system')
  symlinkSync(system, runningSystem)
  const sightings: Sighting[] = []
  const file = join(folder, 'integrity.json')
  const ledger = new ListLedger()
  const open = (seed = 7, raise = (sighting: Sighting) => void sightings.push(sighting)) =>
    new Integrity({
      standing: (subject) => sightings.find((one) => one.subject === subject)?.summary,
      baselines: new BaselineStore({ file, key: new EvidenceKey(Buffer.alloc(32, seed)), ledger }),
      watched: [
        { path: watched, kind: 'program' },
        { path: join(folder, 'rules'), kind: 'policy', edited: true },
        { path: join(folder, 'not-there'), kind: 'configuration' },
      ],
      ledger,
      raise,
      canaries: () => ({ means: 'none', planted: 0, reason: '' }),
      runningSystem,
    })
  const signal = AbortSignal.timeout(120_000)
  const switchTo = (to: string) => {
    rmSync(runningSystem)
    symlinkSync(to, runningSystem)
  }
  return { folder, watched, file, ledger, open, integrity: open(), sightings, signal, switchTo }
}

/** A ledger that remembers what it was told. */
class ListLedger {
  readonly entries: (LedgerDraft & { index: number })[] = []

  async append(draft: LedgerDraft): Promise<number> {
    const index = this.entries.length
    this.entries.push({ ...draft, index })
    return index
  }

  async query({ type, limit = 50 }: LedgerQuery): Promise<LedgerPage> {
    const found = this.entries
      .filter((entry) => entry.type === type)
      .toReversed()
      .slice(0, Number(limit))
    return { records: found.map((entry) => ({ entry, payload_state: 'none' })) as never, more: false }
  }
}

it('says that there is no baseline before one was taken', async () => {
  const { integrity, signal } = world()
  expect(await integrity.check(signal)).toMatchObject({ state: 'none', findings: [] })
})

it('finds nothing where nothing changed', async () => {
  const { integrity, sightings, signal } = world()
  const taken = await integrity.takeBaseline('operator', signal)
  expect(await integrity.check(signal)).toMatchObject({
    state: 'intact',
    baselineDigest: taken.baselineDigest,
    files: 5,
  })
  expect(sightings).toEqual([])
})

it.each([
  ['a changed byte', (at: string) => writeFileSync(join(at, 'policy'), 'forbid\n'), 'policy', 'changed'],
  ['changed rights', (at: string) => chmodSync(join(at, 'policy'), 0o666), 'policy', 'changed'],
  ['a file more', (at: string) => writeFileSync(join(at, 'bin/new'), ''), 'bin/new', 'added'],
  ['a file less', (at: string) => rmSync(join(at, 'bin/tool')), 'bin/tool', 'missing'],
  [
    'a link that leads elsewhere',
    (at: string) => {
      rmSync(join(at, 'link'))
      symlinkSync('/etc/shadow', join(at, 'link'))
    },
    'link',
    'changed',
  ],
])('finds %s, and it is an incident', async (_, tamper, path, what) => {
  const { integrity, watched, sightings, signal } = world()
  await integrity.takeBaseline('operator', signal)
  tamper(watched)
  const report = await integrity.check(signal)
  expect(report.state).toBe('violated')
  expect(report.findings).toContainEqual({ path: join(watched, path), kind: 'program', what })
  expect(sightings).toMatchObject([{ class: 'integrity_violation', subject: 'program' }])
})

it('does not believe a baseline that somebody else wrote', async () => {
  const { integrity, open, watched, file, sightings, signal, ledger } = world()
  await integrity.takeBaseline('operator', signal)
  writeFileSync(join(watched, 'policy'), 'forbid\n')
  await open(8, () => {}).takeBaseline('operator', signal)
  ledger.entries.pop()
  expect(await integrity.check(signal)).toMatchObject({ state: 'damaged' })
  expect(sightings).toMatchObject([{ subject: 'baseline', severity: 'critical' }])
  writeFileSync(file, readFileSync(file).subarray(0, 100))
  expect(await integrity.check(signal)).toMatchObject({ state: 'damaged' })
})

it('does not believe an older baseline of its own that was put back, nor that there never was one', async () => {
  const { integrity, watched, file, signal } = world()
  await integrity.takeBaseline('operator', signal)
  const old = readFileSync(file)
  writeFileSync(join(watched, 'policy'), 'better\n')
  await integrity.takeBaseline('operator', signal)
  expect(await integrity.check(signal)).toMatchObject({ state: 'intact' })
  writeFileSync(file, old)
  expect(await integrity.check(signal)).toMatchObject({ state: 'damaged' })
  rmSync(file)
  expect(await integrity.check(signal)).toMatchObject({ state: 'damaged' })
})

describe('another NixOS system', () => {
  const to = '/nix/store/b'

  it('that a switch brought takes a baseline by itself, which says so in the ledger', async () => {
    const { integrity, watched, switchTo, ledger, sightings, signal } = world()
    await integrity.takeBaseline('operator', signal)
    writeFileSync(join(watched, 'bin/tool'), 'two\n')
    switchTo(to)
    const actor = { kind: 'system', name: 'agentd' } as const
    const facts = { switch: 'sw_1', step: 9, phase: 'committed', from: '/nix/store/a', to }
    const index = await ledger.append({ type: 'switch_step', actor, facts })
    expect(await integrity.scan(signal)).toMatchObject({ state: 'intact', takenBy: 'switch' })
    expect(ledger.entries.at(-1)).toMatchObject({ type: 'integrity_baseline', target: index, facts: { why: 'switch' } })
    expect(sightings).toEqual([])
  })

  it('that no switch brought is an incident', async () => {
    const { integrity, switchTo, sightings, signal } = world()
    await integrity.takeBaseline('operator', signal)
    switchTo(to)
    expect(await integrity.scan(signal)).toMatchObject({ state: 'violated', findings: [{ kind: 'system' }] })
    expect(sightings).toMatchObject([{ subject: 'system' }])
  })
})

describe('what the owner does by way of Castellan', () => {
  async function ruled(kind: 'change' | 'reload') {
    const here = world()
    const rules = join(here.folder, 'rules')
    mkdirSync(rules)
    writeFileSync(join(rules, 'own.cedar'), 'permit\n')
    writeFileSync(join(rules, 'note'), 'mine\n')
    await here.integrity.takeBaseline('operator', here.signal)
    const change = { folder: rules, by: 'Ann', kind, reads: (path: string) => path.endsWith('.cedar') }
    const own = (work: () => void) =>
      here.integrity.own(change, async () => {
        work()
        return 41
      })
    const differing = async () => (await here.integrity.scan(here.signal)).findings.map(({ path }) => path)
    return { ...here, own, differing, at: (name: string) => join(rules, name) }
  }

  it('is taken into the baseline, file by file, and the ledger says whose it is', async () => {
    const { own, at, differing, ledger, sightings, integrity, signal } = await ruled('change')
    await own(() => {
      writeFileSync(at('always.cedar'), 'permit\n')
      rmSync(at('note'))
    })
    expect(ledger.entries.at(-1)).toMatchObject({
      type: 'integrity_baseline',
      target: 41,
      facts: { why: 'change', by: 'Ann' },
    })
    expect(await differing()).toEqual([])
    expect(await integrity.look([at('always.cedar')], signal)).toEqual([])
    expect(sightings).toEqual([])
    await own(() => undefined)
    expect(ledger.entries).toHaveLength(2)
  })

  it('vouches for nothing that somebody did by hand', async () => {
    const { own, at, watched, differing, ledger, sightings } = await ruled('change')
    writeFileSync(at('own.cedar'), 'forbid\n')
    await own(() => writeFileSync(at('own.cedar'), 'forbid\npermit\n'))
    await own(() => writeFileSync(at('always.cedar'), 'permit\n'))
    await own(() => writeFileSync(join(watched, 'bin/tool'), 'two\n'))
    expect(await differing()).toEqual([at('own.cedar'), join(watched, 'bin/tool')])
    expect(ledger.entries).toHaveLength(2)
    expect(sightings.map(({ subject }) => subject)).toEqual(['policy of the owner', 'program'])
  })

  it('puts rules in force as they lie there, and vouches for those alone', async () => {
    const { own, at, differing } = await ruled('reload')
    writeFileSync(at('own.cedar'), 'forbid\n')
    writeFileSync(at('more.cedar'), 'permit\n')
    writeFileSync(at('note'), 'yours\n')
    await own(() => undefined)
    expect(await differing()).toEqual([at('note')])
    rmSync(at('more.cedar'))
    await own(() => writeFileSync(at('own.cedar'), 'changed while it was read\n'))
    expect(await differing()).toEqual([at('note'), at('own.cedar')])
  })

  it('changes nothing where it fails, and needs no baseline', async () => {
    const { own, at, differing, ledger } = await ruled('change')
    const fails = own(() => {
      writeFileSync(at('own.cedar'), 'broken\n')
      throw new Error('no')
    })
    await expect(fails).rejects.toThrow('no')
    expect(await differing()).toEqual([at('own.cedar')])
    expect(ledger.entries).toHaveLength(1)
    const fresh = world()
    const change = { folder: fresh.watched, by: 'Ann', kind: 'reload', reads: () => true } as const
    await fresh.integrity.own(change, async () => 1)
    expect(fresh.ledger.entries).toEqual([])
  })

  it('is waited for by whoever takes a baseline meanwhile, which is the one that counts then', async () => {
    const { integrity, at, folder, watched, ledger, differing, signal } = await ruled('change')
    const change = { folder: join(folder, 'rules'), by: 'Ann', kind: 'change', reads: () => false } as const
    writeFileSync(join(watched, 'bin/tool'), 'two\n')
    const changed = integrity.own(change, async () => {
      writeFileSync(at('own.cedar'), 'forbid\n')
      return 1
    })
    await Promise.all([changed, integrity.takeBaseline('operator', signal)])
    expect(ledger.entries.map(({ facts }) => facts?.why)).toEqual(['taken', 'change', 'taken'])
    expect(await differing()).toEqual([])
  })

  it('is waited for by whoever looks meanwhile', async () => {
    const { integrity, at, folder, sightings, signal } = await ruled('change')
    const writing = Promise.withResolvers<void>()
    const change = { folder: join(folder, 'rules'), by: 'Ann', kind: 'change', reads: () => false } as const
    const changed = integrity.own(change, async () => {
      writeFileSync(at('own.cedar'), 'forbid\n')
      await writing.promise
      return 1
    })
    const looked = integrity.look([at('own.cedar')], signal)
    writing.resolve()
    await changed
    expect(await looked).toEqual([])
    expect(sightings).toEqual([])
  })
})

it('looks at a single file that changed, and finds it as a scan does', async () => {
  const { integrity, watched, sightings, signal } = world()
  const path = join(watched, 'bin/tool')
  await integrity.takeBaseline('operator', signal)
  expect(await integrity.look([path], signal)).toEqual([])
  writeFileSync(path, 'two\n')
  expect(await integrity.look([path, join(watched, 'bin')], signal)).toEqual([
    { path, kind: 'program', what: 'changed' },
  ])
  expect(sightings).toMatchObject([{ subject: 'program' }])
})

it('tells what the owner edits once as it is, and not as bad as another program', async () => {
  const { integrity, open, folder, watched, sightings, signal } = world()
  await integrity.takeBaseline('operator', signal)
  mkdirSync(join(folder, 'rules'))
  for (const _ of Array.from({ length: 12 })) await integrity.scan(signal)
  await open().scan(signal)
  expect(sightings).toMatchObject([{ subject: 'policy of the owner' }])
  expect(sightings[0]?.severity).toBeUndefined()
  writeFileSync(join(folder, 'rules', 'own.cedar'), 'permit')
  await integrity.scan(signal)
  writeFileSync(join(watched, 'bin/tool'), 'two\n')
  await integrity.scan(signal)
  expect(sightings.slice(1)).toMatchObject([
    { subject: 'policy of the owner' },
    { subject: 'program', severity: 'high' },
  ])
})

it('counts an upgrade that is written piece by piece once', async () => {
  const { integrity, watched, sightings, signal } = world()
  await integrity.takeBaseline('operator', signal)
  for (const piece of Array.from({ length: 12 }).keys()) {
    const path = join(watched, `bin/piece${piece}`)
    writeFileSync(path, 'new')
    expect(await integrity.look([path], signal)).toHaveLength(1)
  }
  expect(sightings).toHaveLength(1)
  await integrity.takeBaseline('operator', signal)
  writeFileSync(join(watched, 'bin/tool'), 'two\n')
  await integrity.look([join(watched, 'bin/tool')], signal)
  expect(sightings).toHaveLength(2)
})

it('notices a change by itself, without a scan', async () => {
  const { integrity, watched, sightings, signal } = world()
  await integrity.takeBaseline('operator', signal)
  const canaries = new Canaries([], () => {})
  const log = createLogger({ name: 'test', file: '/dev/null' })
  const monitor = new IntegrityMonitor({ integrity, canaries, scanEveryMs: 3_600_000, log })
  await monitor.rewatch()
  writeFileSync(join(watched, 'policy'), 'forbid\n')
  await expect.poll(() => sightings.length).toBeGreaterThan(0)
  await monitor.stop()
})
