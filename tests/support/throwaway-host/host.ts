import { type ChildProcess, type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { requires } from '@castellan/testing'

const run = promisify(execFile)

/** A boot takes about a second; a machine that does much else gets this long. */
const BOOT_MS = 120_000

/** Where build.sh puts the root that every throwaway host starts from. */
export const throwawayRoot =
  process.env.CASTELLAN_THROWAWAY_ROOT ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'castellan/throwaway-root')

/** What tests on a throwaway host need of the machine they run on. */
export const throwawayHost = requires
  .root()
  .and(requires.command('systemd-nspawn', 'systemd-container'))
  .and(requires.file(join(throwawayRoot, '.complete'), 'run tests/support/throwaway-host/build.sh once'))

/**
 * A machine of our own that systemd booted, in a container over an untouched base: what happens in it is gone with it.
 * Starts in about a second. See systemd-nspawn(1); the cgroup folders are what it needs on a host with hybrid cgroups.
 */
export class ThrowawayHost implements AsyncDisposable {
  readonly #name: string
  readonly #nspawn: ChildProcess
  readonly #leader: number
  readonly #folder: string

  private constructor(name: string, nspawn: ChildProcess, leader: number, folder: string) {
    this.#name = name
    this.#nspawn = nspawn
    this.#leader = leader
    this.#folder = folder
  }

  /**
   * Boots one and waits until systemd has started everything. `readOnly` folders of this machine appear in it at the same
   * paths, or where `FOLDER:PLACE` says; `writable` ones likewise, and what is written there outlives the host. With
   * `filters` systemd may load the programs that it denies addresses and devices with (bpf(2)).
   */
  static async start(
    options: {
      readonly readOnly?: readonly string[]
      readonly writable?: readonly string[]
      readonly filters?: boolean
    } = {},
  ): Promise<ThrowawayHost> {
    const folder = await mkdtemp(join(tmpdir(), 'cst-host-'))
    const name = `cst-${folder.slice(-6).toLowerCase()}`
    const groups = hybridGroups(name)
    for (const group of groups) await mkdir(group, { recursive: true })
    const nspawn = spawn(
      'unshare',
      [
        '-m',
        '--propagation',
        'private',
        'sh',
        '-c',
        bootScript(name, groups, [
          ...(options.readOnly ?? []).map((path) => `--bind-ro=${path}`),
          ...(options.writable ?? []).map((path) => `--bind=${path}`),
          ...(options.filters === true ? filters : []),
        ]),
      ],
      {
        stdio: 'ignore',
        env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
      },
    )
    const leader = await leaderOf(nspawn)
    const host = new ThrowawayHost(name, nspawn, leader, folder)
    try {
      await host.#booted()
      return host
    } catch (error) {
      await host[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Runs a command in it, by its argument list. Rejects when it fails; `stdout` and `stderr` are on the error, too. */
  run(
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ stdout: string; stderr: string }> {
    const assignments = Object.entries(environment).map(([key, value]) => `${key}=${value}`)
    const path = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'
    return run('nsenter', ['-t', String(this.#leader), '-a', 'env', '-i', path, ...assignments, ...argv], {
      maxBuffer: 64 * 1024 * 1024,
      timeout: 120_000,
    })
  }

  /** Starts a command in it whose input and output are pipes to here; ending it is the caller's. */
  open(argv: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
    return spawn('nsenter', ['-t', String(this.#leader), '-a', ...argv], { stdio: ['pipe', 'pipe', 'ignore'] })
  }

  /** Waits until it went by itself: it was powered off or rebooted from inside, after which it has to be started anew. */
  async gone(): Promise<void> {
    if (this.#nspawn.exitCode === null) await new Promise((resolve) => this.#nspawn.once('exit', resolve))
  }

  /** `degraded` is what a container is in which some unit cannot start: it runs all the same. */
  async #booted(): Promise<void> {
    let state = ''
    for (const deadline = Date.now() + BOOT_MS; Date.now() < deadline; await sleep(50)) {
      state = await this.run(['systemctl', 'is-system-running']).then(
        ({ stdout }) => stdout.trim(),
        (error: { stdout?: string }) => error.stdout?.trim() ?? '',
      )
      if (state === 'running' || state === 'degraded') return
    }
    throw new Error(`the throwaway host did not come up within ${BOOT_MS / 1000} s: it is ${state || 'silent'}`)
  }

  /** SIGRTMIN+4 is how systemd is told to power off; killing nspawn would leave its mounts behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#nspawn.exitCode === null) await run('kill', ['-s', 'SIGRTMIN+4', String(this.#leader)])
    await this.gone()
    // Removing a group needs those inside it gone first; their files go with them.
    const groups = hybridGroups(this.#name)
    if (groups.length > 0) await run('find', [...groups, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+'])
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/**
 * `adjtimex` is there to be asked for the time: setting it needs a capability that no container has, but without the call nobody could
 * tell whether a unit's own walls are what denies it.
 */
const filters = [
  '--capability=CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON',
  '--system-call-filter="bpf perf_event_open adjtimex"',
]

/** A group of its own in each hierarchy that systemd looks at, where this machine has the hybrid layout. */
function hybridGroups(name: string): string[] {
  return ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified']
    .filter((folder) => existsSync(folder))
    .map((folder) => join(folder, name))
}

function bootScript(name: string, groups: readonly string[], binds: readonly string[]): string {
  return [
    'mkdir -p /run/systemd/nspawn',
    'mount -t tmpfs tmpfs /run/systemd/nspawn',
    ...groups.map((group) => `echo $$ > ${group}/cgroup.procs`),
    `exec systemd-nspawn --machine=${name} --directory=${throwawayRoot} --boot --register=no --keep-unit --volatile=overlay ` +
      `--network-veth ${binds.join(' ')}`,
  ].join(' && ')
}

/** The container's first process: a grandchild called systemd, once it has become that. */
async function leaderOf(nspawn: ChildProcess): Promise<number> {
  for (const deadline = Date.now() + BOOT_MS; Date.now() < deadline; await sleep(20)) {
    if (nspawn.exitCode !== null) throw new Error(`systemd-nspawn ended with exit code ${nspawn.exitCode}`)
    for (const child of await childrenOf(nspawn.pid as number)) {
      const name = await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '')
      if (name.trim() === 'systemd') return child
    }
  }
  throw new Error(`the throwaway host did not boot within ${BOOT_MS / 1000} s`)
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.trim().split(' ').filter(Boolean).map(Number)
}
