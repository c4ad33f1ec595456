import { requires, until } from '@castellan/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import type { Phase } from '../../src/switch/record.ts'
import { SwitchHost, type Verdict } from '../support/switch-host.ts'

/** `CASTELLAN_SWITCHES=full` kills and reboots at every step of every scenario; otherwise at some. Over 100 runs, half an hour. */
const FULL = process.env.CASTELLAN_SWITCHES === 'full'

/** What goes wrong after activation, and what the record has to say about it. */
const failures: Readonly<Record<string, RegExp>> = {
  fails: /web\.service failed/,
  loops: /web\.service was restarted \d+ times: a crash loop/,
  offline: /no default route any more/,
  exits: /exit code 1: activation went wrong/,
  hangs: /did not end within 2 s/,
}

throwawayHost.describe('SafeSwitch, on a host with a real store', () => {
  let host: SwitchHost

  beforeAll(async () => {
    host = await SwitchHost.start()
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  /** What hangs is waited for as briefly as can be; everything else has time, however busy this machine is. */
  const planFor = (name: string) => (name === 'hangs' ? { plan: { activationSeconds: 2 } } : {})
  const phases = ({ record }: Verdict) => record.steps.map(({ phase }) => phase)

  /** Runs, boots, has nothing left over, and the ledger tells each step once. */
  function expectSystem(verdict: Verdict, name: string, command: string): void {
    expect(verdict).toMatchObject({
      running: host.systems[name],
      profile: host.systems[name],
      bootLoader: host.systems[name],
      webCommand: expect.stringContaining(command),
      timers: '',
    })
    expect(verdict.story.map(({ phase }) => phase)).toEqual(phases(verdict))
    expect(verdict.story.map(({ step }) => step)).toEqual(verdict.story.map((_, index) => index))
  }

  function expectOld(verdict: Verdict): void {
    expect(verdict.record.phase, JSON.stringify(verdict.record, null, 1)).toBe('rolled_back')
    expectSystem(verdict, 'old', 'sleep 9999')
  }

  function expectCommitted(verdict: Verdict): void {
    expect(verdict.record.phase, JSON.stringify(verdict.record, null, 1)).toBe('committed')
    expectSystem(verdict, 'good', 'sleep 8888')
  }

  it('commits a system that stays healthy, step by step', async () => {
    const verdict = await host.attempt('good')
    expectCommitted(verdict)
    expect(phases(verdict)).toEqual([
      'built',
      'prechecked',
      'baseline',
      'armed',
      'activating',
      'activated',
      'probation',
      'committing',
      'committed',
    ])
    expect(verdict.known).toEqual([])
  })

  for (const [name, outcome] of Object.entries(failures)) {
    it(`goes back from a system that ${name}, and knows it as bad`, async () => {
      const verdict = await host.attempt(name, planFor(name))
      expectOld(verdict)
      expect(verdict.record.outcome).toMatch(outcome)
      expect(verdict.known).toEqual([host.systems[name]])
      expect(secondsBetween(verdict, 'rolling_back', 'rolled_back')).toBeLessThan(60)
    })
  }

  // With the probation that agentd has by default: the second restart comes 40 s after the activation.
  if (FULL) {
    it('goes back from a system that crashes every 20 s', async () => {
      const verdict = await host.attempt('loops-late', { plan: { probationSeconds: 60, graceSeconds: 5 } })
      expectOld(verdict)
      expect(verdict.record.outcome).toMatch(/web\.service was restarted 2 times: a crash loop/)
      expect(verdict.known).toEqual([host.systems['loops-late']])
    })
  }

  it('goes back where what boots cannot be written', async () => {
    const verdict = await host.attempt('unbootable')
    expectOld(verdict)
    expect(verdict.record.outcome).toContain('failed with exit code 72: the boot loader cannot be written')
    expect(verdict.known).toEqual([])
  })

  it('stages a system that needs a boot, and commits it when it comes up healthy', async () => {
    const staged = await host.attempt('reboots')
    expect(phases(staged)).toEqual(['built', 'prechecked', 'baseline', 'staging', 'staged'])
    expect(staged).toMatchObject({ running: host.systems.old, bootLoader: host.systems.reboots })
    await host.bootAgain()
    const verdict = await host.ended()
    expect(phases(verdict).slice(5)).toEqual(['activated', 'probation', 'committing', 'committed'])
    expectSystem(verdict, 'reboots', 'sleep 6666')
  })

  it('boots back where the staged system comes up sick', async () => {
    await host.attempt('reboots-bad')
    await host.bootAgain()
    await host.gone()
    await host.bootAgain()
    expectOld(await host.ended())
  })

  it('tries a staged system just once where the boot loader can: the boot after that is the old one', async () => {
    const staged = await host.attempt('counted')
    expect(staged.record.steps.at(-1)?.note).toContain('The boot loader tries it once')
    await host.bootAgain('probation')
    await host.reboot()
    await host.startAgain()
    const verdict = await host.ended()
    expectOld(verdict)
    expect(verdict.known).toEqual([])
    const { stdout } = await host.run(['sh', '-c', 'cat /nix/var/boot-default /nix/var/boot-once; true'])
    expect(stdout.trim()).toBe('')
  })

  it("goes back by the dead man's switch where agentd does not come back", async () => {
    await host.killedFor('good', 'probation')
    const runs = async () => (await host.run(['readlink', '-f', '/run/current-system'])).stdout.trim()
    const { stdout } = await host.run(['systemctl', 'list-timers', '--all', '--output=json', 'castellan-dead-man-*'])
    const [timer] = JSON.parse(stdout) as { unit: string; activates: string; next: number }[]
    // A full run waits until it goes off by itself: what the plan takes and a minute.
    if (FULL) await until('it goes off', async () => (await runs()) === host.systems.old, 150_000)
    else await host.run(['systemctl', 'start', '--wait', timer?.activates ?? 'no timer'])
    await host.startAgain()
    const verdict = await host.ended()
    expectOld(verdict)
    expect(verdict.record.outcome).toBe("agentd was away, and the dead man's switch went off.")
    expect(verdict.known).toEqual([host.systems.good])
  })

  it('waits for a person where it is told to, and goes back when nobody comes', async () => {
    const verdict = await host.attempt('good', { plan: { confirm: 'both', confirmSeconds: 1 } })
    expectOld(verdict)
    expect(phases(verdict)).toContain('confirming')
    expect(verdict.record.outcome).toBe('Nobody confirmed it within 1 s.')
    expect(verdict.known).toEqual([])
  })

  it('holds against a system only what newly fails, and tells what was merely wished for', async () => {
    const closed = { kind: 'tcp', expect: 'no_worse', timeoutSeconds: 2, host: '127.0.0.1', port: 9 } as const
    const unit = {
      kind: 'unit',
      name: 'web',
      unit: 'web.service',
      required: true,
      expect: 'healthy',
      maxRestarts: 1,
      timeoutSeconds: 5,
    } as const
    const verdict = await host.attempt('good', {
      plan: { checks: [{ ...closed, name: 'closed before', required: true }, unit] },
    })
    expectCommitted(verdict)
    const strict = { ...closed, name: 'must open', required: true, expect: 'healthy' } as const
    expect((await host.attempt('good', { plan: { checks: [strict] } })).record.outcome).toContain(
      'port 9 of 127.0.0.1: ECONNREFUSED',
    )
    const wished = { ...closed, name: 'wished', required: false, expect: 'healthy' } as const
    const told = await host.attempt('good', { plan: { checks: [wished] } })
    expectCommitted(told)
    expect(told.record.findings).toMatchObject([{ check: 'wished', required: false }])
  })

  const untilHealthy: readonly Phase[] = [
    'built',
    'prechecked',
    'baseline',
    'armed',
    'activating',
    'activated',
    'probation',
    'committing',
    'committed',
  ]
  const untilBack: readonly Phase[] = [
    'built',
    'baseline',
    'armed',
    'activating',
    'activated',
    'probation',
    'rolling_back',
    'rolled_back',
  ]
  const reaches = (name: string): readonly Phase[] =>
    ['exits', 'hangs'].includes(name)
      ? untilBack.filter((phase) => !['activated', 'probation'].includes(phase))
      : untilBack

  describe('killed, it ends as it would have', () => {
    for (const killAt of FULL ? untilHealthy : (['activating', 'committing'] as const)) {
      it(`commits a healthy system though killed at ${killAt}`, async () => {
        expectCommitted(await host.attempt('good', { killAt }))
      })
    }
    for (const name of FULL ? Object.keys(failures) : ['fails']) {
      for (const killAt of FULL ? reaches(name) : (['armed', 'rolling_back'] as const)) {
        it(`goes back from a system that ${name} though killed at ${killAt}`, async () => {
          expectOld(await host.attempt(name, { ...planFor(name), killAt }))
        })
      }
    }
  })

  const half = requires.that(FULL, 'needs CASTELLAN_SWITCHES=full, because they take half an hour')
  half.describe('killed, a switch that needs a boot or a person ends as it would have', () => {
    for (const killAt of ['staging', 'staged'] as const) {
      it(`commits a staged system though killed at ${killAt}`, async () => {
        const staged = await host.attempt('reboots', { killAt })
        expect(staged.record.phase).toBe('staged')
        await host.bootAgain()
        const verdict = await host.ended()
        expect(verdict.record.phase, JSON.stringify(verdict.record, null, 1)).toBe('committed')
        expectSystem(verdict, 'reboots', 'sleep 6666')
      })
    }
    for (const killAt of ['activated', 'probation', 'committing'] as const) {
      it(`commits a booted system though killed at ${killAt} after the boot`, async () => {
        await host.attempt('reboots')
        await host.bootAgain(killAt)
        await host.startAgain()
        const verdict = await host.ended()
        expect(verdict.record.phase, JSON.stringify(verdict.record, null, 1)).toBe('committed')
        expectSystem(verdict, 'reboots', 'sleep 6666')
      })
    }
    it('goes back from a booted system that is sick, though killed at rolling_back', async () => {
      await host.attempt('reboots-bad')
      await host.bootAgain('rolling_back')
      await host.startAgain()
      await host.gone()
      await host.bootAgain()
      expectOld(await host.ended())
    })
    it('boots into one of the two where the host went down in the middle of staging', async () => {
      const verdict = await host.attempt('reboots', { killAt: 'staging', thenReboot: true })
      if (verdict.record.phase === 'committed') expectSystem(verdict, 'reboots', 'sleep 6666')
      else expectOld(verdict)
    })
    it('goes back where nobody confirmed, though killed at confirming', async () => {
      const verdict = await host.attempt('good', {
        plan: { confirm: 'both', confirmSeconds: 1 },
        killAt: 'confirming',
      })
      expectOld(verdict)
      expect(verdict.record.outcome).toBe('Nobody confirmed it within 1 s.')
    })
    it('goes back after a boot at confirming', async () => {
      const plan = { confirm: 'both', confirmSeconds: 60 } as const
      expectOld(await host.attempt('good', { plan, killAt: 'confirming', thenReboot: true }))
    })
  })

  // A kill, a boot, and an old system that has 45 s to be as well as before: on a busy machine that takes its time.
  describe('after a boot in the middle, the old system runs', () => {
    for (const killAt of FULL ? untilHealthy.slice(0, -2) : (['probation'] as const)) {
      it(`though the new one was healthy, at ${killAt}`, async () => {
        const verdict = await host.attempt('good', { killAt, thenReboot: true })
        expectOld(verdict)
        expect(verdict.known).toEqual([])
      })
    }
    for (const name of FULL ? Object.keys(failures) : ['hangs']) {
      for (const killAt of FULL ? reaches(name) : (['activating'] as const)) {
        it(`with a system that ${name}, at ${killAt}`, async () => {
          expectOld(await host.attempt(name, { ...planFor(name), killAt, thenReboot: true }))
        })
      }
    }
  })
})

function secondsBetween({ record }: Verdict, from: Phase, to: Phase): number {
  const at = (phase: Phase) => Date.parse(record.steps.findLast((step) => step.phase === phase)?.at ?? '')
  return (at(to) - at(from)) / 1000
}
