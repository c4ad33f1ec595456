import {
  chmod,
  chown,
  link,
  lstat,
  lutimes,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackupId } from '@castellan/contracts'
import { type BackupOptions, Backups } from '../../src/backup/backups.ts'
import { Recipient, RecipientFile } from '../../src/backup/recipient.ts'
import { parseRecoveryKey } from '../../src/backup/recovery-key.ts'
import { Unlocked } from '../../src/backup/unlocked.ts'
import { Accounts } from '../../src/host/accounts.ts'
import { Files } from '../../src/host/files/files.ts'
import { Trash } from '../../src/host/files/trash.ts'
import { StateFile } from '../../src/state/state-file.ts'

/** Backups of a workspace in a temporary folder, with a recovery key at hand. */
export interface Desk extends AsyncDisposable {
  readonly backups: Backups
  readonly recipient: Recipient
  readonly files: Files
  readonly folder: string
  readonly workspace: string
  readonly recoveryKey: string
  readonly signal: AbortSignal
  at(name: string): string
  unlock(id: BackupId, purpose: 'verify' | 'restore', key?: string): void
  create(
    paths?: readonly string[],
    check?: 'restored' | 'decrypted',
    signal?: AbortSignal,
  ): ReturnType<Backups['create']>
}

export async function openDesk(options: Partial<BackupOptions> = {}): Promise<Desk> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'castellan-backup-')))
  const workspace = join(folder, 'workspace')
  await mkdir(workspace)
  const unlocked = new Unlocked()
  const recipient = new Recipient(new StateFile(join(folder, 'recipient.json'), RecipientFile))
  const { recovery_key: recoveryKey } = await recipient.make(false)
  const trash = await Trash.open(join(folder, 'trash'), Buffer.alloc(32), { quotaBytes: 1_000_000, maxAgeDays: 1 })
  const files = await Files.open([{ path: workspace, access: 'write' }], trash, new Accounts())
  const backups = await Backups.open(
    { folder: join(folder, 'backups'), retention: { daily: 7, weekly: 4 }, ...options },
    { recipient, unlocked, manifestKey: Buffer.alloc(32, 1) },
  )
  const quiet = new AbortController().signal
  return {
    backups,
    recipient,
    files,
    folder,
    workspace,
    recoveryKey,
    signal: quiet,
    at: (name) => join(workspace, name),
    unlock: (id, purpose, key = recoveryKey) => unlocked.put(id, purpose, parseRecoveryKey(key)),
    create: (paths = ['.'], check = 'restored', signal = quiet) =>
      backups.create(files, { set: 'main', paths, check }, () => undefined, signal),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** One of everything that a file system has. */
export async function furnish(workspace: string): Promise<void> {
  const at = (path: string) => join(workspace, path)
  await mkdir(at('d/deep'), { recursive: true })
  await writeFile(at('a.txt'), 'xyx')
  await chmod(at('a.txt'), 0o604)
  await writeFile(at('binary'), Buffer.from(Array.from({ length: 100_000 }, (_, byte) => byte & 255)))
  await writeFile(at('empty'), '')
  await writeFile(at('strange – ünï 名前.txt'), 'name')
  await writeFile(at('exactly'), Buffer.alloc(65_536, 7))
  await writeFile(at('d/c.txt'), 'x'.repeat(10))
  await writeFile(at('sparse'), 'begin')
  await truncate(at('sparse'), 5_000_000)
  await writeFile(at('sparse'), 'end', { flag: 'a' })
  if (process.geteuid?.() === 0) await chown(at('d/c.txt'), 65_534, 12_345)
  await symlink('a.txt', at('link'))
  await lutimes(at('link'), 1_400_000_000, 1_400_000_000)
  await symlink('nowhere', at('dangling'))
  await link(at('a.txt'), at('d/twin'))
  await utimes(at('a.txt'), 1_500_000_000, 1_500_000_000.25)
  await chmod(at('d/deep'), 0o500)
  await utimes(at('d/deep'), 1_300_000_000, 1_300_000_000)
  await utimes(at('d'), 1_300_000_001, 1_300_000_001)
}

/** Every name below a folder with its kind, owner, mode, time (to the microsecond), content, and which names are one. */
export async function picture(folder: string): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  const twins = new Map<bigint, string>()
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const stats = await lstat(join(folder, path), { bigint: true })
    const owner = `${(stats.mode & 0o7777n).toString(8)} ${stats.uid}:${stats.gid} ${stats.mtimeNs / 1000n}`
    const twin = stats.nlink > 1n && !stats.isDirectory() ? ` is ${twins.get(stats.ino) ?? 'itself'}` : ''
    if (twin !== '' && !twins.has(stats.ino)) twins.set(stats.ino, path)
    if (stats.isDirectory()) seen[path] = `folder ${owner}`
    else if (stats.isSymbolicLink()) seen[path] = `link ${await readlink(join(folder, path))} ${owner}`
    else seen[path] = `file ${owner}${twin} ${(await readFile(join(folder, path))).toString('base64')}`
  }
  return seen
}
