import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { findProgram, runCommand } from '../command.ts'
import { syncFolder } from '../files/durable.ts'
import { findNix } from '../nix/commands.ts'
import { reasonIn } from './evaluate.ts'

const Lock = z.looseObject({
  nodes: z.record(
    z.string(),
    z.looseObject({
      inputs: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
      locked: z
        .looseObject({ type: z.string().optional(), rev: z.string().optional(), lastModified: z.number().optional() })
        .optional(),
      original: z.looseObject({ type: z.string().optional() }).optional(),
    }),
  ),
  root: z.string(),
})

/** One input of a flake, as its lock pins it. */
export interface FlakeInput {
  readonly name: string
  /** `github:NixOS/nixpkgs/nixos-25.11`, `path:…`. */
  readonly reference: string
  readonly revision: string | null
  readonly lastModifiedAt: string | null
}

/** A flake in a folder of this host. */
export class Flake {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  get lockFile(): string {
    return join(this.folder, 'flake.lock')
  }

  /** Text of its lock; undefined where it has none. */
  lock(): Promise<string | undefined> {
    return readFile(this.lockFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
  }

  async inputs(): Promise<readonly FlakeInput[]> {
    const text = await this.lock()
    return text === undefined ? [] : inputsOf(text)
  }

  /** Lines of `git status`, at most so many; null where the folder is in no git repository, or there is no git. */
  async uncommitted(signal: AbortSignal): Promise<readonly string[] | null> {
    const git = await findProgram('git').catch(() => undefined)
    if (git === undefined) return null
    const args = [
      '-C',
      this.folder,
      '-c',
      'core.fsmonitor=false',
      '--no-optional-locks',
      'status',
      '--porcelain',
      '--',
      '.',
    ]
    const result = await runCommand(git, args, { signal, maxOutputBytes: 4 * 1024 * 1024 })
    return result.exitCode === 0 ? result.stdout.split('\n').filter(Boolean) : null
  }

  /**
   * The lock as it would be with these inputs (all without any) brought up to date. The work is done on a copy of the flake, so
   * that a failure leaves nothing half written. Throws `command_failed`; without network that is what it says.
   */
  async updatedLock(inputs: readonly string[], signal: AbortSignal): Promise<string> {
    const copy = await mkdtemp(join(tmpdir(), 'castellan-flake-'))
    try {
      await cp(this.folder, copy, {
        recursive: true,
        filter: (path) => !path.endsWith('/.git') && !path.endsWith('/result'),
      })
      const args =
        inputs.length === 0
          ? ['flake', 'update']
          : ['flake', 'lock', ...inputs.flatMap((name) => ['--update-input', name])]
      const features = [
        '--extra-experimental-features',
        'nix-command flakes',
        '--no-accept-flake-config',
        '--option',
        'download-attempts',
        '1',
        '--option',
        'connect-timeout',
        '15',
      ]
      const result = await runCommand(await findNix('nix'), [...args, ...features, `path:${copy}`], {
        signal,
        maxOutputBytes: 4 * 1024 * 1024,
      })
      if (result.exitCode !== 0) {
        const reason = reasonIn(result.stderr)
        throw /resolve host|unable to download|Could not connect|timed out/i.test(result.stderr)
          ? new CastellanError(
              'command_failed',
              `The inputs cannot be reached from here: ${reason} Updating needs network.`,
            )
          : new CastellanError('command_failed', `The inputs cannot be updated: ${reason}`)
      }
      const lock = await new Flake(copy).lock()
      if (lock !== undefined) return lock
      throw new CastellanError('conflict', `The flake ${this.folder} has no inputs, so there is nothing to update.`)
    } finally {
      await rm(copy, { recursive: true, force: true })
    }
  }

  /** Commits the lock alone, where the folder is in a git repository that knows it; answers whether it did. */
  async commitLock(message: string, signal: AbortSignal): Promise<boolean> {
    const git = await findProgram('git').catch(() => undefined)
    if (git === undefined) return false
    const settings = [
      'user.name=Castellan',
      'user.email=castellan@localhost',
      'commit.gpgSign=false',
      'core.hooksPath=/dev/null',
    ]
    const at = ['-C', this.folder, ...settings.flatMap((setting) => ['-c', setting])]
    const options = { signal, maxOutputBytes: 1024 * 1024 }
    const added = await runCommand(git, [...at, 'add', '--', 'flake.lock'], options)
    if (added.exitCode !== 0) return false
    const result = await runCommand(
      git,
      [...at, 'commit', '--quiet', '--message', message, '--', 'flake.lock'],
      options,
    )
    return result.exitCode === 0
  }

  /** Puts this text in place of the lock, or takes the lock away. On disk when it returns. */
  async writeLock(text: string | undefined): Promise<void> {
    if (text === undefined) {
      await rm(this.lockFile, { force: true })
    } else {
      const draft = `${this.lockFile}.new`
      await writeFile(draft, text, { mode: 0o644, flush: true })
      await rename(draft, this.lockFile)
    }
    await syncFolder(this.folder)
  }
}

/** The flake's own inputs, not those of its inputs. Throws `config_invalid` on a lock that makes no sense. */
export function inputsOf(text: string): readonly FlakeInput[] {
  const parsed = Lock.safeParse(fromJson(text))
  if (!parsed.success)
    throw new CastellanError('config_invalid', 'flake.lock is damaged; `nix flake lock` writes it anew.')
  const { nodes, root } = parsed.data
  return Object.entries(nodes[root]?.inputs ?? {}).map(([name, node]) => {
    const { locked, original } = (typeof node === 'string' ? nodes[node] : undefined) ?? {}
    const seconds = locked?.lastModified
    return {
      name,
      reference: typeof node === 'string' ? referenceOf(original ?? locked ?? {}) : `follows ${node.join('/')}`,
      revision: locked?.rev ?? (typeof locked?.narHash === 'string' ? locked.narHash : null),
      lastModifiedAt: seconds === undefined ? null : new Date(seconds * 1000).toISOString(),
    }
  })
}

function referenceOf(node: Record<string, unknown>): string {
  const word = (name: string) => (typeof node[name] === 'string' ? node[name] : '')
  switch (node.type) {
    case 'github':
    case 'gitlab':
    case 'sourcehut':
      return [`${node.type}:${word('owner')}/${word('repo')}`, word('ref')].filter(Boolean).join('/')
    case 'indirect':
      return word('id')
    case 'path':
      return `path:${word('path')}`
    default:
      return `${node.type ?? 'unknown'}:${word('url')}`
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
