import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import type { Sodium } from './sodium.ts'

const MAGIC = Buffer.from('CSTBKUP1')
const KEY_ID_BYTES = 16
const SEALED_KEY_BYTES = 80
const STREAM_HEADER_BYTES = 24
/** Magic, key id, sealed stream key: what the first message authenticates beside itself. */
const BOUND_BYTES = MAGIC.length + KEY_ID_BYTES + SEALED_KEY_BYTES
export const HEADER_BYTES = BOUND_BYTES + STREAM_HEADER_BYTES
/** Plain bytes of one message. */
const MESSAGE_BYTES = 64 * 1024
const OVERHEAD_BYTES = 17

/** Identifies the recovery key that opens a container: the first 16 bytes of SHA-256 over a label and its public half. */
export function keyIdOf(publicKey: Uint8Array): Buffer {
  return createHash('sha256').update('castellan backup key v1').update(publicKey).digest().subarray(0, KEY_ID_BYTES)
}

/**
 * Writes a container (docs/backup.md): a fresh stream key sealed to the recipient's public key (crypto_box_seal), then
 * what is pushed, in messages of crypto_secretstream_xchacha20poly1305. Cutting, reordering or changing any message, or
 * the header, makes it unreadable. The stream key leaves with `finish`, for a check; nobody keeps it.
 */
export class ContainerWriter {
  readonly #sodium: Sodium
  readonly #file: FileHandle
  readonly #state: unknown
  readonly #bound: Buffer
  readonly #key: Uint8Array
  #pending: Buffer[] = []
  #pendingBytes = 0
  #first = true
  bytes = 0

  private constructor(sodium: Sodium, file: FileHandle, state: unknown, bound: Buffer, key: Uint8Array) {
    this.#sodium = sodium
    this.#file = file
    this.#state = state
    this.#bound = bound
    this.#key = key
  }

  static async create(sodium: Sodium, file: FileHandle, publicKey: Uint8Array): Promise<ContainerWriter> {
    const key = sodium.crypto_secretstream_xchacha20poly1305_keygen()
    const { state, header } = sodium.crypto_secretstream_xchacha20poly1305_init_push(key)
    const bound = Buffer.concat([MAGIC, keyIdOf(publicKey), sodium.crypto_box_seal(key, publicKey)])
    const writer = new ContainerWriter(sodium, file, state, bound, key)
    await writer.#write(Buffer.concat([bound, header]))
    return writer
  }

  async push(plain: Buffer): Promise<void> {
    this.#pending.push(plain)
    this.#pendingBytes += plain.length
    while (this.#pendingBytes > MESSAGE_BYTES) await this.#message(MESSAGE_BYTES, false)
  }

  /** Ends the stream; on disk when it returns. */
  async finish(): Promise<Uint8Array> {
    await this.#message(this.#pendingBytes, true)
    await this.#file.sync()
    return this.#key
  }

  async #message(size: number, last: boolean): Promise<void> {
    const all = Buffer.concat(this.#pending)
    this.#pending = all.length > size ? [all.subarray(size)] : []
    this.#pendingBytes = all.length - size
    const tag = last
      ? this.#sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
      : this.#sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
    const message = this.#sodium.crypto_secretstream_xchacha20poly1305_push(
      this.#state as never,
      all.subarray(0, size),
      this.#first ? this.#bound : null,
      tag,
    )
    this.#first = false
    const length = Buffer.alloc(4)
    length.writeUInt32LE(message.length)
    await this.#write(Buffer.concat([length, message]))
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#file.writeFile(bytes)
    this.bytes += bytes.length
  }
}

export interface ContainerHeader {
  /** Lower-case hex. */
  readonly keyId: string
  readonly sealedKey: Buffer
  readonly bound: Buffer
  readonly streamHeader: Buffer
}

/** Throws `backup_damaged` for what is no container. */
export async function readHeader(file: FileHandle): Promise<ContainerHeader> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)
  if (bytesRead < HEADER_BYTES || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it is no backup')
  const bound = buffer.subarray(0, BOUND_BYTES)
  return {
    keyId: bound.subarray(MAGIC.length, MAGIC.length + KEY_ID_BYTES).toString('hex'),
    sealedKey: bound.subarray(MAGIC.length + KEY_ID_BYTES),
    bound,
    streamHeader: buffer.subarray(BOUND_BYTES),
  }
}

/** The stream key, by the recovery key. Throws `recovery_key_invalid` where that is another one. */
export function openKey(sodium: Sodium, header: ContainerHeader, secret: Uint8Array): Uint8Array {
  const publicKey = sodium.crypto_scalarmult_base(secret)
  if (keyIdOf(publicKey).toString('hex') !== header.keyId) {
    throw new CastellanError(
      'recovery_key_invalid',
      `That is another recovery key than the one that opens this backup, which has the id ${header.keyId}.`,
    )
  }
  try {
    return sodium.crypto_box_seal_open(header.sealedKey, publicKey, secret)
  } catch {
    throw damaged('its sealed key was changed')
  }
}

/** What was pushed, message by message, each checked before it is yielded. Throws `backup_damaged`. */
export async function* readContainer(
  sodium: Sodium,
  file: FileHandle,
  streamKey: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { bound, streamHeader } = await readHeader(file)
  const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(streamHeader, streamKey)
  let position = HEADER_BYTES
  for (let first = true; ; first = false) {
    signal.throwIfAborted()
    const length = (await exactly(file, position, 4)).readUInt32LE()
    if (length < OVERHEAD_BYTES || length > MESSAGE_BYTES + OVERHEAD_BYTES) throw damaged('a length in it is wrong')
    const message = await exactly(file, position + 4, length)
    position += 4 + length
    const pulled = sodium.crypto_secretstream_xchacha20poly1305_pull(state, message, first ? bound : null)
    if (pulled === false) throw damaged('its bytes were changed, or cut, or put in another order')
    yield Buffer.from(pulled.message.buffer, pulled.message.byteOffset, pulled.message.byteLength)
    if (pulled.tag === sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL) break
  }
  if ((await file.stat()).size !== position) throw damaged('something was added to its end')
}

async function exactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  if (bytesRead < length) throw damaged('it was cut short')
  return buffer
}

export function damaged(why: string): CastellanError {
  return new CastellanError('backup_damaged', `This backup cannot be used: ${why}. Use another one.`)
}
