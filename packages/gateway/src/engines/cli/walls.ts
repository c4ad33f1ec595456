import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from './program.ts'

const PROBE_MS = 10_000

/**
 * What stands between a program and the machine: it sees the machine's files and may change none but those of its own folder, sees
 * nothing of what is hidden, and no process but its own (bubblewrap). The network stays, as the way out is guarded elsewhere.
 */
export class Walls {
  readonly #hidden: readonly string[]
  #bwrap: Promise<string | null> | undefined

  /** `hidden`: folders that are there, such as the gateway's state. */
  constructor(hidden: readonly string[]) {
    this.#hidden = hidden
  }

  /**
   * What stands in front of a command line whose program works in `folder`; nothing where the host lets us make no namespaces, as
   * in many containers and in units that forbid it.
   */
  async around(folder: string): Promise<readonly string[]> {
    this.#bwrap ??= this.#probe(folder)
    const bwrap = await this.#bwrap
    return bwrap === null ? [] : [bwrap, ...this.#arguments(folder)]
  }

  async #probe(folder: string): Promise<string | null> {
    const bwrap = findProgram('bwrap')
    const works = findProgram('true')
    if (bwrap === undefined || works === undefined) return null
    return promisify(execFile)(bwrap, [...this.#arguments(folder), works], { timeout: PROBE_MS }).then(
      () => bwrap,
      () => null,
    )
  }

  #arguments(folder: string): string[] {
    return [
      ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
      ...this.#hidden.flatMap((path) => ['--tmpfs', path]),
      ...['--bind', folder, folder, '--chdir', folder],
      ...['--unshare-pid', '--unshare-ipc', '--die-with-parent', '--'],
    ]
  }
}
