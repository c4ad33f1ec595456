import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SwitchHost } from '../../../packages/agentd/test/support/switch-host.ts'
import { install, makeInstaller, type Relay, relayTo } from './installed-host.ts'

/** How a command of agentctl ended. */
export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A host with a real store, on which the module's own agentd switches between small systems. Its state outlives boots, as on a disk. */
export class GuardedHost implements AsyncDisposable {
  readonly #host: SwitchHost
  readonly #folders: readonly string[]

  private constructor(host: SwitchHost, folders: readonly string[]) {
    this.#host = host
    this.#folders = folders
  }

  /** Boots it, and starts agentd as the module has it with `configuration`. `readOnly` are further folders of this machine. */
  static async start(configuration: string, readOnly: readonly string[] = []): Promise<GuardedHost> {
    const installer = await makeInstaller(configuration)
    const disk = await mkdtemp(join(tmpdir(), 'cst-guarded-'))
    for (const folder of ['castellan', 'systemd']) await mkdir(join(disk, folder))
    // What makes it the same host after a boot: what was sealed to it opens again (systemd-creds(1)).
    await writeFile(join(disk, 'machine-id'), `${randomBytes(16).toString('hex')}\n`)
    const host = await SwitchHost.start({
      readOnly: [...installer.readOnly, ...readOnly, `${join(disk, 'machine-id')}:/etc/machine-id`],
      writable: ['castellan', 'systemd'].map((folder) => `${join(disk, folder)}:/var/lib/${folder}`),
    })
    const guarded = new GuardedHost(host, [installer.folder, disk])
    try {
      await guarded.#startAgentd()
      return guarded
    } catch (error) {
      await guarded[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Store paths of the small systems by name (make-systems.sh). */
  get systems(): Readonly<Record<string, string>> {
    return this.#host.systems
  }

  agentctl(...args: string[]): Promise<Said> {
    return this.#host.run(['agentctl', ...args]).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
        code,
        out: stdout,
        err: stderr,
      }),
    )
  }

  /** Standard output of a script in the host, run by root. */
  async shell(script: string): Promise<string> {
    return (await this.#host.run(['sh', '-ec', script])).stdout
  }

  /** A connection to a port of it, from itself. */
  connect(port: number): Relay {
    return this.#host.open(relayTo(['127.0.0.1', String(port), '127.0.0.1']))
  }

  /** The store path of the system that runs. */
  async running(): Promise<string> {
    return (await this.shell('readlink -f /run/current-system')).trim()
  }

  /** At once and without a word to anybody, as when the power fails; up again it has agentd. */
  async powerFails(): Promise<void> {
    await this.#host.run(['systemctl', 'reboot', '--force', '--force']).catch(() => {})
    await this.#host.gone()
    await this.#host.reboot()
    await this.#startAgentd()
  }

  async #startAgentd(): Promise<void> {
    await this.#host.run(install)
    await this.shell('systemctl start castellan-agentd castellan-agentd-update')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]()
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true })
  }
}
