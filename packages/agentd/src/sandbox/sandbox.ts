import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { CastellanError } from '@castellan/contracts'
import { findProgram, systemProgramFolders } from '../host/command.ts'
import { type Classifier, openClassifier } from './analysis/classify.ts'
import { accountFiles, bubblewrapArguments, type Ground, type Programs, SCRATCH } from './bubblewrap.ts'
import { identityOf } from './identity.ts'
import { inheritedDescriptors } from './inherited.ts'
import { launch } from './launch.ts'
import { limitsFor, serviceLimits } from './limits.ts'
import type { Captured } from './output.ts'
import { scopeArguments } from './scope.ts'
import { assemble } from './seccomp/bpf.ts'
import { sandboxFilter } from './seccomp/filter.ts'
import { machines } from './seccomp/machines.ts'
import { environmentArguments, type ServiceJob, startService } from './service.ts'
import { systemView } from './system-view.ts'
import { openWorkspace } from './workspace.ts'

/** Commands running at once; each may take its limits' worth of memory. */
const MOST_AT_ONCE = 8

/** A file put into the scratch folder before the command starts. */
export interface ScratchFile {
  readonly name: string
  readonly content: string
}

/** One command to run. `ground` says what it sees. */
export interface CommandJob {
  readonly agent: string
  /** Started as it is: no shell looks at it. */
  readonly argv: readonly string[]
  readonly stdin?: string | undefined
  readonly timeoutSeconds: number
  readonly ground:
    | { readonly kind: 'workspace'; readonly cwd: string; readonly writable: boolean }
    | { readonly kind: 'scratch'; readonly files: readonly ScratchFile[] }
}

export interface CommandReport {
  /** As the shell gives it: 128 + n where signal n ended it. Null where it was stopped from outside. */
  readonly exitCode: number | null
  readonly ended: 'exited' | 'deadline' | 'output_limit'
  readonly stdout: Captured
  readonly stderr: Captured
  readonly durationMs: number
}

/**
 * Runs commands behind walls, or not at all: where bubblewrap, the limits or a seccomp filter for this processor are
 * missing every command is `sandbox_unavailable`.
 */
export class Sandbox {
  readonly #workspace: string
  readonly #folders: readonly string[]
  readonly #inherited = inheritedDescriptors()
  #running = 0
  #classifier: Promise<Classifier> | undefined

  /** `folders` is where the walls' programs are looked for. */
  constructor(workspace: string, folders: readonly string[] = systemProgramFolders) {
    this.#workspace = workspace
    this.#folders = folders
  }

  /** The folder that commands and file tools share. */
  get workspace(): string {
    return this.#workspace
  }

  /** Judges commands before they run. Its grammar is loaded at the first use, in about 50 ms. */
  classifier(): Promise<Classifier> {
    this.#classifier ??= openClassifier()
    return this.#classifier
  }

  /** Runs one command to its end. Throws `sandbox_unavailable`, `busy`, `command_failed`, or the signal's reason. */
  async run(job: CommandJob, signal: AbortSignal): Promise<CommandReport> {
    if (this.#running >= MOST_AT_ONCE) {
      throw new CastellanError(
        'busy',
        `${MOST_AT_ONCE} commands are running, as many as run at once. Try again soon.`,
        {
          retryAfterSeconds: 5,
        },
      )
    }
    this.#running += 1
    try {
      return await this.#run(job, signal)
    } finally {
      this.#running -= 1
    }
  }

  async #run(job: CommandJob, signal: AbortSignal): Promise<CommandReport> {
    const seccomp = filterBytes()
    const [programs, system] = await Promise.all([this.#programs(), systemView()])
    await this.#refuseUnknownProgram(job.argv[0] ?? '')
    const identity = identityOf(job.agent)
    const limits = limitsFor(job.timeoutSeconds)
    const ground = this.#ground(job)
    if (ground.kind === 'workspace' && identity.switched) await openWorkspace(ground.path, identity.gid)

    const accounts = accountFiles(identity, ground.kind === 'workspace' ? ground.path : SCRATCH)
    const files = job.ground.kind === 'scratch' ? job.ground.files.map(({ content }) => content) : []
    const walls = { identity, limits, programs, system, ground, fds: { status: 3, seccomp: 4, passwd: 5, group: 6 } }
    const command = [programs.bwrap, ...bubblewrapArguments(walls, job.argv)]
    return launch({
      argv: programs.systemdRun === undefined ? command : [programs.systemdRun, ...scopeArguments(limits), ...command],
      stdin: job.stdin,
      inputs: [
        seccomp,
        Buffer.from(accounts.passwd),
        Buffer.from(accounts.group),
        ...files.map((file) => Buffer.from(file)),
      ],
      limits,
      covered: this.#inherited,
      signal,
    })
  }

  /**
   * Starts a program that goes on until it is stopped, behind the same walls: an empty folder in memory, what it was
   * granted, no network. Its environment reaches it through a pipe. Throws `sandbox_unavailable` or `command_failed`.
   */
  async serve(job: ServiceJob): Promise<ChildProcess> {
    const seccomp = filterBytes(job)
    const [programs, system] = await Promise.all([this.#programs(), systemView()])
    await this.#refuseUnknownProgram(job.argv[0] ?? '')
    const identity = identityOf(job.agent)
    const limits = job.limits ?? serviceLimits()
    const accounts = accountFiles(identity, SCRATCH)
    const ground: Ground = { kind: 'service', mounts: job.mounts, arguments: 7 }
    const walls = { identity, limits, programs, system, ground, fds: { status: 3, seccomp: 4, passwd: 5, group: 6 } }
    const command = [programs.bwrap, ...bubblewrapArguments(walls, job.argv)]
    return startService({
      argv: programs.systemdRun === undefined ? command : [programs.systemdRun, ...scopeArguments(limits), ...command],
      inputs: [seccomp, Buffer.from(accounts.passwd), Buffer.from(accounts.group), environmentArguments(job.env)],
      covered: this.#inherited,
    })
  }

  #ground({ ground }: CommandJob): Ground {
    if (ground.kind === 'workspace') return { ...ground, path: this.#workspace }
    return { kind: 'scratch', files: ground.files.map(({ name }, index) => ({ name, fd: 7 + index })) }
  }

  /** Looked up at every run: installing bubblewrap needs no restart. */
  async #programs(): Promise<Programs> {
    const scoped = existsSync('/run/systemd/system') && process.getuid?.() === 0
    const [bwrap, prlimit, setpriv, systemdRun] = await Promise.all([
      this.#wall('bwrap', 'bubblewrap'),
      this.#wall('prlimit', 'util-linux'),
      this.#wall('setpriv', 'util-linux'),
      scoped ? this.#wall('systemd-run', 'systemd') : undefined,
    ])
    return { bwrap, prlimit, setpriv, systemdRun }
  }

  #wall(name: string, from: string): Promise<string> {
    return findProgram(name, this.#folders).catch(() => {
      throw new CastellanError(
        'sandbox_unavailable',
        `Commands run in a sandbox or not at all, and this host has no ${name}. Installing ${from} would make this work.`,
      )
    })
  }

  async #refuseUnknownProgram(program: string): Promise<void> {
    if (program.includes('/')) return
    await findProgram(program, ['/usr/local/bin', ...systemProgramFolders]).catch(() => {
      throw new CastellanError('command_failed', `This host has no program ${JSON.stringify(program)}.`)
    })
  }
}

function filterBytes(options: { readonly unixSockets?: boolean } = {}): Buffer {
  const machine = machines[process.arch]
  if (machine !== undefined) return assemble(sandboxFilter(machine, options))
  throw new CastellanError(
    'sandbox_unavailable',
    `There is no system call filter for this processor (${process.arch}), so no command is run on it.`,
  )
}
