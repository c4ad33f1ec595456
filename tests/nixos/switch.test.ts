import { until } from '@castellan/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { GuardedHost } from '../support/nixos/guarded-host.ts'
import { installedHost } from '../support/nixos/installed-host.ts'

const configuration = `services.castellan = {
  engine.enable = false;
  airlock.enable = false;
  switch.probationSeconds = 1;
  agentd.settings.switch = { graceSeconds = 0; };
};`

/** Long enough that nothing but what a test does ends it. */
const untilStopped = ['--probation', '600']

installedHost.describe('SafeSwitch, by the module’s agentd', () => {
  let host: GuardedHost

  beforeAll(async () => {
    host = await GuardedHost.start(configuration)
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  /** The system that every test starts from. */
  beforeEach(async () => {
    if ((await host.running()) === host.systems.old) return
    expect(await host.agentctl('generation', 'switch', await generationOf('old'))).toMatchObject({ code: 0 })
  })

  // biome-ignore lint/suspicious/noExplicitAny: what agentctl prints is looked at field by field.
  async function result(...args: string[]): Promise<any> {
    const { out } = await host.agentctl(...args, '--json')
    return out === '' ? undefined : JSON.parse(out).result
  }

  async function generationOf(system: string): Promise<string> {
    const { generations } = await result('generation', 'list')
    return String(generations.find(({ path }: { path: string }) => path === host.systems[system]).number)
  }

  const phase = async (): Promise<string | undefined> => (await result('switch', 'status'))?.phase
  const systems = () =>
    host.shell('readlink -f /run/current-system; readlink -f /nix/var/nix/profiles/system; cat /nix/var/boot-loader')

  /** What runs, what is the profile and what boots are all one system, and nothing of the switch is left over. */
  async function expectOnly(system: string): Promise<void> {
    const path = host.systems[system] as string
    expect((await systems()).trim().split('\n')).toEqual([path, path, path])
    const left = await host.shell(
      'systemctl list-units --all --no-legend --plain "castellan-dead-man-*" "castellan-activate-*" "castellan-roll-back-*"',
    )
    expect(left).toBe('')
  }

  /** The phases of the newest switch, as the ledger tells them, once that has been verified. */
  async function story(): Promise<string[]> {
    const { code, out } = await host.agentctl('verify-ledger')
    expect(code, out).toBe(0)
    const { out: tail } = await host.agentctl('ledger', 'tail', '-n', '100', '--json')
    const steps = tail
      .split('\n')
      .filter((line) => line.includes('"switch_step"'))
      .map((line) => JSON.parse(line).entry.facts as { switch: string; step: number; phase: string })
    const newest = steps.filter((step) => step.switch === steps.at(-1)?.switch)
    expect(newest.map(({ step }) => step)).toEqual(newest.map((_, index) => index))
    return newest.map((step) => step.phase)
  }

  /** Begins a switch to the good system and waits until it is on probation; `begun` is how agentctl ends. */
  async function onProbation() {
    const begun = host.agentctl('switch', 'begin', host.systems.good as string, ...untilStopped)
    await until('the new system is on probation', async () => (await phase()) === 'probation')
    expect(await host.running()).toBe(host.systems.good)
    return { begun }
  }

  test('commits a good system: exit code 0', async () => {
    expect(await host.agentctl('switch', 'begin', host.systems.good as string)).toMatchObject({ code: 0 })
    await expectOnly('good')
    expect((await story()).slice(-3)).toEqual(['probation', 'committing', 'committed'])
  })

  test('goes back from a system whose service fails: exit code 20, and 21 when it is tried again', async () => {
    expect(await host.agentctl('switch', 'begin', host.systems.fails as string)).toMatchObject({ code: 20 })
    await expectOnly('old')
    expect((await story()).slice(-2)).toEqual(['rolling_back', 'rolled_back'])
    expect(await host.agentctl('switch', 'begin', host.systems.fails as string)).toMatchObject({ code: 21 })
    await expectOnly('old')
  })

  test('goes back by itself when the power fails in probation', async () => {
    const { begun } = await onProbation()
    await host.powerFails()
    expect((await begun).code).not.toBe(0)
    expect(await host.agentctl('switch', 'wait')).toMatchObject({ code: 20 })
    await expectOnly('old')
    expect((await story()).at(-1)).toBe('rolled_back')
    expect((await result('switch', 'list')).knownBad.map(({ path }: { path: string }) => path)).not.toContain(
      host.systems.good,
    )
  })

  test('goes back without agentd when that was killed in probation and does not come back', async () => {
    const { begun } = await onProbation()
    // A drop-in of /run counts beside the unit of /etc, and no switch takes it away.
    const never = '/run/systemd/system/castellan-agentd.service.d/never.conf'
    await host.shell(`mkdir -p $(dirname ${never}) && printf '[Unit]\\nConditionPathExists=/never\\n' > ${never}`)
    await host.shell('systemctl daemon-reload && systemctl kill --signal=SIGKILL castellan-agentd')
    expect((await begun).code).not.toBe(0)
    // Its time is more than the probation's; a full run of agentd's own tests waits until it goes off.
    const timer = (await host.shell('systemctl list-units --no-legend --plain "castellan-dead-man-*.timer"')).split(
      ' ',
    )[0]
    expect(timer).toMatch(/^castellan-dead-man-sw_/)
    await host.shell(`systemctl start --wait ${timer?.replace('.timer', '.service')}`)
    expect(await host.running()).toBe(host.systems.old)
    expect((await host.shell('systemctl is-active castellan-agentd || true')).trim()).not.toBe('active')

    await host.shell(`rm ${never} && systemctl daemon-reload && systemctl start castellan-agentd`)
    expect(await host.agentctl('switch', 'wait')).toMatchObject({ code: 20 })
    await expectOnly('old')
    expect((await result('switch', 'status')).outcome).toContain('the dead man')
    expect((await story()).at(-1)).toBe('rolled_back')
  })

  test('goes on by itself when agentd was killed and systemd starts it again', async () => {
    const waiting = await host.agentctl('switch', 'begin', host.systems.good as string, '--force', '--confirm', 'both')
    expect(waiting).toMatchObject({ code: 24 })
    await host.shell('systemctl kill --signal=SIGKILL castellan-agentd')
    const restarts = async () => Number(await host.shell('systemctl show -P NRestarts castellan-agentd'))
    await until('it was started again', async () => (await restarts()) > 0)
    await until('it waits for a person again', async () => (await phase()) === 'confirming')
    expect(await host.agentctl('switch', 'commit')).toMatchObject({ code: 0 })
    await expectOnly('good')
    expect((await story()).slice(-3)).toEqual(['confirming', 'committing', 'committed'])
  })

  test('lets a new system bring a new agentd, which judges it', async () => {
    // What NixOS's switch-to-configuration does when a unit with reloadIfChanged changed.
    const newer = (
      await host.shell(`
      top=$(mktemp -d)/nixos-system-newer && cp -r ${host.systems.good} $top && chmod -R u+w $top
      echo 'systemctl reload castellan-agentd-update' > $top/activate && nix-store --add $top`)
    ).trim()
    const pid = async () => (await host.shell('systemctl show -P MainPID castellan-agentd')).trim()
    const before = await pid()
    await host.agentctl('switch', 'begin', newer, '--probation', '5')
    await until('another agentd runs', async () => !['0', before].includes(await pid()))
    await until('it answers', async () => (await phase()) !== undefined)
    expect(await host.agentctl('switch', 'wait')).toMatchObject({ code: 0 })
    expect(await host.running()).toBe(newer)
    expect((await story()).at(-1)).toBe('committed')
  })
})
