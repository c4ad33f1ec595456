import { createHash } from 'node:crypto'
import { type FileHandle, readFile } from 'node:fs/promises'
import { BackupId, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { writePrivateFile } from '../host/files/durable.ts'
import { seal, unseal } from '../state/seal.ts'
import { damaged } from './container.ts'

/** A container is compared in parts of this many bytes, so that damage can be placed. */
const SEGMENT_BYTES = 8 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024

/**
 * What this machine knows of a backup without its recovery key. Encrypted and authenticated under agentd's own key, so
 * its digests vouch for the container; on another machine a backup does without.
 */
export const Manifest = z.strictObject({
  version: z.literal(1),
  id: BackupId,
  set: z.string(),
  createdAt: Timestamp,
  keyId: z.string(),
  roots: z.array(z.string()),
  entries: z.int().min(0),
  fileBytes: z.int().min(0),
  databases: z.int().min(0),
  /** What was left out or changed while it was read. */
  left: z.int().min(0),
  containerBytes: z.int().min(0),
  /** How it was checked when it was made. */
  checked: z.enum(['restored', 'decrypted']),
  /** SHA-256 of each 8 MiB of the container, the last one shorter. */
  segments: z.array(z.string()),
})
export type Manifest = z.infer<typeof Manifest>

export async function writeManifest(path: string, key: Uint8Array, manifest: Manifest): Promise<void> {
  await writePrivateFile(path, seal(key, JSON.stringify(manifest), `backup ${manifest.id}`))
}

/** Undefined where there is none, or it is another machine's or damaged. */
export async function readManifest(path: string, key: Uint8Array, id: BackupId): Promise<Manifest | undefined> {
  const sealed = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const text = sealed === undefined ? undefined : unseal(key, sealed, `backup ${id}`)
  return text === undefined ? undefined : Manifest.parse(JSON.parse(text.toString()))
}

/** Digests of the parts of a container. */
export async function segmentsOf(
  file: FileHandle,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string[]> {
  const segments: string[] = []
  let hash = createHash('sha256')
  for (let position = 0; ; ) {
    signal.throwIfAborted()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position)
    if (bytesRead === 0) {
      if (position % SEGMENT_BYTES > 0) segments.push(hash.digest('hex'))
      return segments
    }
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
    onBytes(bytesRead)
    if (position % SEGMENT_BYTES > 0) continue
    segments.push(hash.digest('hex'))
    hash = createHash('sha256')
  }
}

/** Throws `backup_damaged`, saying where. */
export function compareSegments(found: readonly string[], kept: readonly string[]): void {
  const at = kept.findIndex((digest, index) => digest !== found[index])
  const place = at === -1 && found.length !== kept.length ? kept.length : at
  if (place === -1) return
  const from = (place * SEGMENT_BYTES) / (1024 * 1024)
  throw damaged(`its bytes from ${from} MiB on are not those that were written`)
}
