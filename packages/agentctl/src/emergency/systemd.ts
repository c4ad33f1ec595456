import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { CastellanError } from '@castellan/contracts'
import type { Processes } from './processes.ts'

/** systemctl waits for units to stop; they have their own limits, in seconds. */
const SYSTEMCTL_MS = 60_000

/** Where `castellan-setup` seals the gateway's key; `-next` while it is replaced (modules/units/setup.nix). */
const SEALED_KEYS = ['castellan-gateway-kek', 'castellan-gateway-kek-next'].map(
  (name) => `/etc/credstore.encrypted/${name}`,
)

const unit = (name: string) => `castellan-${name}.service`

/** Castellan's processes where they are units of systemd, as the NixOS module makes them. */
export class SystemdProcesses implements Processes {
  readonly #units: readonly string[]

  private constructor(units: readonly string[]) {
    this.#units = units
  }

  /** Undefined where systemd does not run, or knows no unit of ours. */
  static async find(): Promise<SystemdProcesses | undefined> {
    if (!existsSync('/run/systemd/system')) return undefined
    const names = ['agentd', 'gateway', 'engine', 'airlock', 'setup'].map(unit)
    const { stdout } = await systemctl(['show', '--property=Id,LoadState', '--', ...names]).catch(() => ({
      stdout: '',
    }))
    const loaded = stdout
      .split('\n\n')
      .filter((fields) => /^LoadState=loaded$/m.test(fields))
      .flatMap((fields) => /^Id=(.+)$/m.exec(fields)?.[1] ?? [])
    return loaded.length === 0 ? undefined : new SystemdProcesses(loaded)
  }

  async hold(names: readonly string[]): Promise<string> {
    return this.#each('stop', names, 'Stopped')
  }

  async release(names: readonly string[]): Promise<string> {
    return this.#each('start', names, 'Started')
  }

  /** Only where it runs: what is stopped has nothing in memory. */
  async renew(name: string): Promise<string> {
    return this.#each('try-restart', [name], 'Started anew')
  }

  /** Also what sealed the gateway's key, which then makes another before the gateway starts again. */
  async stopAll(): Promise<string> {
    return this.#each('stop', ['gateway', 'engine', 'airlock', 'agentd', 'setup'], 'Stopped')
  }

  /** StateDirectory= of systemd.exec(5), below /var/lib. */
  async foldersApart(): Promise<readonly string[]> {
    const apart = ['gateway', 'engine', 'airlock'].map(unit).filter((name) => this.#units.includes(name))
    if (apart.length === 0) return []
    const { stdout } = await systemctl(['show', '--property=StateDirectory', '--value', '--', ...apart])
    return stdout.split(/\s+/).flatMap((name) => (name === '' ? [] : [`/var/lib/${name}`]))
  }

  async keysApart(): Promise<readonly string[]> {
    return SEALED_KEYS
  }

  /** `services.castellan.ownerTokenFile`, which the gateway is handed (LoadCredential= of systemd.exec(5)). */
  async ownersFiles(): Promise<readonly string[]> {
    const gateway = unit('gateway')
    if (!this.#units.includes(gateway)) return []
    const { stdout } = await systemctl(['show', '--property=LoadCredential', '--value', '--', gateway])
    return loadedFrom(stdout)
  }

  async #each(verb: string, names: readonly string[], done: string): Promise<string> {
    const units = names.map(unit).filter((name) => this.#units.includes(name))
    if (units.length === 0) return `There is no unit ${names.map(unit).join(' or ')} here.`
    await systemctl([verb, '--', ...units])
    return `${done}: ${units.join(', ')}.`
  }
}

/** The files of what `systemctl show` prints of LoadCredential=: `NAME:PATH`, several of them between blanks. */
export function loadedFrom(text: string): string[] {
  return text.split(/\s+/).flatMap((credential) => /^[^:]+:(\/.+)$/.exec(credential)?.[1] ?? [])
}

function systemctl(args: readonly string[]): Promise<{ stdout: string }> {
  return new Promise((resolve, reject) => {
    execFile('systemctl', args, { timeout: SYSTEMCTL_MS }, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout })
      const words = stderr.trim().split('\n')[0] || error.message
      reject(new CastellanError('command_failed', `systemctl ${args.join(' ')} failed: ${words}`))
    })
  })
}
