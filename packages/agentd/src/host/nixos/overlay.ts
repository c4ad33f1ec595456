import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, describeIssues, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { Mutex } from '../../state/mutex.ts'
import { commandFailed, findProgram, runCommand } from '../command.ts'
import { syncFolder } from '../files/durable.ts'

/**
 * How strong the overlay's values are (lib.mkOverride): stronger than what the owner's files say plainly (100), weaker than
 * what they force (50). modules/overlay.nix has the same number.
 */
export const overlayPriority = 75

const FILE = 'overlay.json'

const Setting = z.strictObject({
  path: z.array(z.string().min(1).max(255)).min(1).max(30),
  value: z.json(),
  setAt: Timestamp,
  setBy: z.string().max(80),
  reason: z.string().max(1000),
})
export type Setting = z.infer<typeof Setting>

const OverlayFile = z.strictObject({ version: z.literal(1), settings: z.array(Setting).max(10_000) })
type OverlayFile = z.infer<typeof OverlayFile>

/** One change of the overlay, from its git history. */
export interface OverlayChange {
  readonly commit: string
  readonly at: string
  readonly message: string
}

/**
 * What agents may set of the owner's configuration: options with values as JSON, in a folder of its own with git as its
 * memory. The owner's files import it (modules/overlay.nix) and are never written.
 */
export class Overlay {
  readonly folder: string
  readonly #changes = new Mutex()

  constructor(folder: string) {
    this.folder = folder
  }

  get file(): string {
    return join(this.folder, FILE)
  }

  /** By option. Empty where there is none yet. Throws `config_invalid` on a file that makes no sense. */
  async settings(): Promise<readonly Setting[]> {
    return (await this.#read()).settings
  }

  async find(path: readonly string[]): Promise<Setting | undefined> {
    return (await this.settings()).find((setting) => same(setting.path, path))
  }

  /** The file's text, as it is and as it would be; for a diff. Changes nothing. */
  async texts(
    path: readonly string[],
    setting: Setting | undefined,
  ): Promise<{ readonly before: string; readonly after: string }> {
    const file = await this.#read()
    return { before: textOf(file), after: textOf(withSetting(file, path, setting)) }
  }

  /** Sets, or with undefined unsets, one option, and commits that. Answers what was there before. On disk when it returns. */
  change(
    path: readonly string[],
    setting: Setting | undefined,
    message: string,
    signal: AbortSignal,
  ): Promise<Setting | undefined> {
    return this.#changes.run(async () => {
      const git = await gitProgram()
      const file = await this.#read()
      const before = file.settings.find((known) => same(known.path, path))
      await this.#prepare(git, file, signal)
      const draft = `${this.file}.new`
      await writeFile(draft, textOf(withSetting(file, path, setting)), { mode: 0o644, flush: true })
      await rename(draft, this.file)
      await syncFolder(this.folder)
      await this.#commit(git, message, signal)
      return before
    })
  }

  /** Newest first. */
  async history(limit: number, signal: AbortSignal): Promise<readonly OverlayChange[]> {
    const git = await gitProgram().catch(() => undefined)
    if (git === undefined) return []
    const args = ['log', `--max-count=${limit}`, '--format=%H%x00%cI%x00%s', '--', FILE]
    const result = await this.#git(git, args, signal)
    // A folder without a repository, or without a first commit, has no history.
    if (result.exitCode !== 0) return []
    return result.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [commit = '', at = '', message = ''] = line.split('\u0000')
        return { commit, at, message }
      })
  }

  async #read(): Promise<OverlayFile> {
    const text = await readFile(this.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return { version: 1, settings: [] }
    const parsed = OverlayFile.safeParse(asJson(text))
    if (parsed.success) return parsed.data
    throw new CastellanError(
      'config_invalid',
      `${this.file} is damaged (${describeIssues(parsed.error)}). Its git history has the version before.`,
    )
  }

  /** A repository, and whatever somebody changed by hand committed on its own, so that it is not taken for ours. */
  async #prepare(git: string, file: OverlayFile, signal: AbortSignal): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o755 })
    const top = await this.#git(git, ['rev-parse', '--show-prefix'], signal)
    if (top.exitCode !== 0 || top.stdout.trim() !== '') await this.#must(git, ['init', '--quiet'], signal)
    if (file.settings.length > 0) await this.#commit(git, 'What was there before, changed by hand', signal)
  }

  async #commit(git: string, message: string, signal: AbortSignal): Promise<void> {
    await this.#must(git, ['add', '--', FILE], signal)
    const staged = await this.#git(git, ['diff', '--cached', '--quiet'], signal)
    if (staged.exitCode === 0) return
    await this.#must(git, ['commit', '--quiet', '--message', message], signal)
  }

  async #must(git: string, args: readonly string[], signal: AbortSignal): Promise<void> {
    const result = await this.#git(git, args, signal)
    if (result.exitCode !== 0) throw commandFailed('git', result)
  }

  /** As nobody in particular: no hooks, no signing, no configuration of root's. */
  #git(git: string, args: readonly string[], signal: AbortSignal) {
    const settings = [
      'user.name=Castellan',
      'user.email=castellan@localhost',
      'commit.gpgSign=false',
      'core.hooksPath=/dev/null',
    ]
    const options = settings.flatMap((setting) => ['-c', setting])
    return runCommand(git, ['-C', this.folder, ...options, ...args], { signal, maxOutputBytes: 1024 * 1024 })
  }
}

function gitProgram(): Promise<string> {
  return findProgram('git').catch(() => {
    throw new CastellanError(
      'unsupported_host',
      'This host has no git, which keeps the history of the overlay. Installing git makes this work.',
    )
  })
}

function withSetting(file: OverlayFile, path: readonly string[], setting: Setting | undefined): OverlayFile {
  const others = file.settings.filter((known) => !same(known.path, path))
  const settings = setting === undefined ? others : [...others, setting]
  return { ...file, settings: settings.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1)) }
}

function textOf(file: OverlayFile): string {
  return `${JSON.stringify(file, null, 2)}\n`
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((part, index) => part === right[index])
}

function keyOf({ path }: Setting): string {
  return path.join('\u0000')
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
