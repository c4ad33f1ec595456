import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '@castellan/testing'
import { ThrowawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import type { Phase, SwitchPlan, SwitchRecord } from '../../src/switch/record.ts'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const driver = fileURLToPath(new URL('./switch-driver.ts', import.meta.url))
const here = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url))
const STATE = '/var/lib/switch-test'

/** An address and a default route without anybody at the other end. */
const network = `[Match]
Name=host0
[Network]
Address=10.77.0.2/24
Gateway=10.77.0.1
ConfigureWithoutCarrier=yes
IgnoreCarrierLoss=yes
`

/** What a boot loader and the second stage of a NixOS boot do, as far as SafeSwitch can tell. */
const boot = `
mkdir -p /etc/systemd/network /etc/nix
printf 'sandbox = false\nsubstitute = false\nbuild-users-group =\n' > /etc/nix/nix.conf
printf '%s' '${network}' > /etc/systemd/network/10-host0.network
systemctl start systemd-networkd
once=$(cat /nix/var/boot-once 2> /dev/null || true)
rm -f /nix/var/boot-once
entry=\${once:-$(cat /nix/var/boot-default 2> /dev/null || true)}
number=\${entry#nixos-generation-}
system=$(readlink -f "/nix/var/nix/profiles/system-\${number%.conf}-link" || cat /nix/var/boot-loader)
[ -n "$entry" ] && [ -e "$system" ] || system=$(cat /nix/var/boot-loader)
ln -sfn "$system" /run/booted-system
ln -sfn "$system" /run/current-system
"$system/bin/switch-to-configuration" test || true
until grep -q '^host0.00000000' /proc/net/route; do sleep 0.02; done
`

export interface Verdict {
  readonly record: SwitchRecord
  readonly story: readonly { readonly step: number; readonly phase: Phase }[]
  readonly known: readonly string[]
  /** From the start of the driver that saw the end. */
  readonly durationMs: number
  readonly failure: string | null
  /** How the host is, looked at from outside. */
  readonly running: string
  readonly profile: string
  readonly bootLoader: string
  readonly webCommand: string
  readonly timers: string
}

export interface Attempt {
  readonly plan?: Partial<SwitchPlan>
  /** Kill the driver when the journal has this phase; systemd starts it again, or the host boots first. */
  readonly killAt?: Phase
  readonly thenReboot?: boolean
}

/** A throwaway host with a store of small systems, whose store and state outlive its boots. */
export class SwitchHost implements AsyncDisposable {
  systems: Readonly<Record<string, string>> = {}
  readonly #folder: string
  readonly #folders: Folders
  #host: ThrowawayHost
  #attempts = 0

  private constructor(folder: string, folders: Folders, host: ThrowawayHost) {
    this.#folder = folder
    this.#folders = folders
    this.#host = host
  }

  /** `folders` are further ones of this machine that are in it at every boot. */
  static async start(folders: Folders = {}): Promise<SwitchHost> {
    const folder = await mkdtemp(join(tmpdir(), 'cst-switch-'))
    await mkdir(join(folder, 'nix'))
    await mkdir(join(folder, 'state'))
    const host = new SwitchHost(folder, folders, await startHost(folder, folders))
    const { stdout } = await host.run(['sh', here('make-systems.sh')])
    host.systems = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    )
    await host.#setOld()
    await host.run(['sh', '-ec', boot])
    return host
  }

  run(argv: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    return this.#host.run(argv)
  }

  /** Starts a command in it whose input and output are pipes to here; ending it is the caller's. */
  open(argv: readonly string[]): ReturnType<ThrowawayHost['open']> {
    return this.#host.open(argv)
  }

  /** As when the power fails: what ran is gone, what was written stays. */
  async reboot(): Promise<void> {
    await this.#host[Symbol.asyncDispose]()
    this.#host = await startHost(this.#folder, this.#folders)
    await this.run(['sh', '-ec', boot])
  }

  /** Starts from the old system, switches to `system`, and answers once nothing more happens. */
  async attempt(system: string, { plan = {}, killAt, thenReboot = false }: Attempt = {}): Promise<Verdict> {
    if (thenReboot && killAt !== undefined) {
      await this.killedFor(system, killAt, plan)
      await this.reboot()
      await this.startAgain()
    } else {
      await this.#startDriver(await this.#next(), system, plan, killAt, true)
    }
    return this.ended()
  }

  /** Begins a switch to `system` whose driver is killed at a phase and not started again. */
  async killedFor(system: string, killAt: Phase, plan: Partial<SwitchPlan> = {}): Promise<void> {
    const name = await this.#next()
    await this.#startDriver(name, system, plan, killAt, false)
    await this.#killed(name, killAt)
  }

  /** The next boot, with SafeSwitch running in it. */
  async bootAgain(killAt?: Phase): Promise<void> {
    const name = String(this.#attempts)
    await rm(join(this.#folder, 'state', name, 'result.json'), { force: true })
    await this.reboot()
    await this.#startDriver(name, 'old', {}, killAt, killAt === undefined)
    if (killAt !== undefined) await this.#killed(name, killAt)
  }

  /** The driver as agentd that is started again. */
  async startAgain(): Promise<void> {
    await this.#startDriver(String(this.#attempts), 'old', {}, undefined, true)
  }

  /** How the newest attempt ended. */
  ended(): Promise<Verdict> {
    return this.#verdict(String(this.#attempts))
  }

  /** Waits until the host went by itself. */
  gone(): Promise<void> {
    return this.#host.gone()
  }

  /** Puts everything back to the old system, for one more attempt. */
  async #next(): Promise<string> {
    await this.backToOld()
    this.#attempts += 1
    return String(this.#attempts)
  }

  async #killed(name: string, killAt: Phase): Promise<void> {
    const mark = join(this.#folder, 'state', name, 'killed')
    await until(`the driver was killed at ${killAt}`, () => existsSync(mark))
  }

  async #verdict(name: string): Promise<Verdict> {
    const file = join(this.#folder, 'state', name, 'result.json')
    const text = await until(`switch ${name} ended`, () => readFile(file, 'utf8').catch(() => undefined), 150_000)
    const look =
      'readlink -f /run/current-system; readlink -f /nix/var/nix/profiles/system; cat /nix/var/boot-loader; ' +
      'systemctl show --property=ExecStart --value web | sed -n "s/.*argv\\[\\]=\\([^;]*\\) ;.*/\\1/p"; systemctl list-units --no-legend --plain "castellan-*"'
    const [running = '', profile = '', bootLoader = '', webCommand = '', ...rest] = (
      await this.run(['sh', '-c', look])
    ).stdout.split('\n')
    return { ...JSON.parse(text), running, profile, bootLoader, webCommand, timers: rest.join('\n').trim() }
  }

  async #startDriver(
    name: string,
    system: string,
    plan: Partial<SwitchPlan>,
    killAt: Phase | undefined,
    restart: boolean,
  ) {
    const folder = `${STATE}/${name}`
    const kill =
      killAt === undefined
        ? []
        : [`--setenv=CASTELLAN_KILL_AT=${killAt}`, `--setenv=CASTELLAN_KILL_MARK=${folder}/killed`]
    const request = JSON.stringify({ path: this.systems[system] ?? system, plan })
    await this.run([
      'systemd-run',
      '--quiet',
      '--collect',
      `--unit=driver-${name}`,
      ...(restart ? ['--property=Restart=on-failure', '--property=RestartSec=50ms'] : []),
      ...kill,
      process.execPath,
      '--conditions=source',
      ...(killAt === undefined ? [] : ['--import', here('kill-at.ts')]),
      driver,
      folder,
      request,
    ])
  }

  async #setOld(): Promise<void> {
    const old = this.systems.old
    const script = `mkdir -p /nix/var && nix-env -p /nix/var/nix/profiles/system --option substitute false --set ${old} && echo ${old} > /nix/var/boot-loader`
    await this.run(['sh', '-ec', script])
  }

  /** The old system runs and boots, whatever was before. */
  async backToOld(): Promise<void> {
    if ((await this.run(['readlink', '-f', '/nix/var/nix/profiles/system'])).stdout.trim() !== this.systems.old)
      await this.#setOld()
    await this.run([
      'sh',
      '-c',
      `${this.systems.old}/bin/switch-to-configuration test; systemctl reset-failed; rm -f /nix/var/boot-once /nix/var/boot-default`,
    ])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** As {@link ThrowawayHost.start} takes them. */
interface Folders {
  readonly readOnly?: readonly string[]
  readonly writable?: readonly string[]
}

function startHost(folder: string, { readOnly = [], writable = [] }: Folders): Promise<ThrowawayHost> {
  return ThrowawayHost.start({
    readOnly: [repository, ...readOnly],
    writable: [`${join(folder, 'nix')}:/nix`, `${join(folder, 'state')}:${STATE}`, ...writable],
  })
}
