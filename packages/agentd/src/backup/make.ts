import { randomInt } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { BackupId } from '@castellan/contracts'
import type { Files } from '../host/files/files.ts'
import { decode, encode } from './archive.ts'
import { collect, type Left } from './collect.ts'
import { ContainerWriter, readContainer, readHeader } from './container.ts'
import { type Manifest, segmentsOf } from './manifest.ts'
import { counting, type Progress } from './progress.ts'
import type { Size } from './room.ts'
import type { Sodium } from './sodium.ts'
import { ensureSound } from './sqlite.ts'
import { unpack } from './unpack.ts'

/** What the container is called in the folder that it is made in. */
export const CONTAINER = 'container'

export interface Making {
  readonly files: Files
  readonly roots: string[]
  readonly size: Size
  readonly request: { readonly set: string; readonly check: Manifest['checked'] }
  /** An empty folder of ours: for the container, for copies of databases, for the trial. */
  readonly folder: string
  readonly publicKey: Uint8Array
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * Writes a container and reads it back while its stream key is still there: restored to a scratch folder, or only
 * decrypted. Answers what this machine will know of it.
 */
export async function makeContainer(
  sodium: Sodium,
  { files, roots, size, request, folder, publicKey, progress, signal }: Making,
): Promise<{ readonly manifest: Manifest; readonly left: readonly Left[] }> {
  const createdAt = new Date().toISOString()
  const left: Left[] = []
  const container = join(folder, CONTAINER)
  await using file = await open(container, 'wx+', 0o600)
  const writer = await ContainerWriter.create(sodium, file, publicKey)
  await writer.push(encode({ type: 'B', label: { version: 1, set: request.set, createdAt, roots } }))
  const told = counting('Writing', size.fileBytes, progress)
  const onLeft = (one: Left) => left.push(one)
  for await (const piece of collect({ files, roots, scratch: folder, signal, onLeft, onBytes: told })) {
    await writer.push(encode(piece))
  }
  const streamKey = await writer.finish()
  const trial = join(folder, 'trial')
  await mkdir(trial, { mode: 0o700 })
  const only = request.check === 'restored' ? undefined : []
  const back = counting('Checking', size.fileBytes, progress)
  const pieces = decode(readContainer(sodium, file, streamKey, signal))
  const checked = await unpack(pieces, { folder: trial, only, purpose: 'trial', signal, onBytes: back })
  sodium.memzero(streamKey)
  await ensureSound(checked.databases, signal)
  const manifest: Manifest = {
    version: 1,
    id: newBackupId(createdAt),
    set: request.set,
    createdAt,
    keyId: (await readHeader(file)).keyId,
    roots,
    ...checked.closing,
    databases: checked.databaseCount,
    left: left.length,
    containerBytes: writer.bytes,
    checked: request.check,
    segments: await segmentsOf(file, signal, () => undefined),
  }
  return { manifest, left }
}

function newBackupId(createdAt: string): BackupId {
  const time = createdAt.replace(/\.\d+Z$/, 'Z').replace(/[-:]/g, '')
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
  const tail = Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join('')
  return BackupId.parse(`bak_${time}-${tail}`)
}
