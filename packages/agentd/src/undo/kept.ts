import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallId, Inverse, ToolName } from '@castellan/contracts'
import { syncFolder, writePrivateFile } from '../host/files/durable.ts'
import { seal, unseal } from '../state/seal.ts'

/** An inverse with the tool whose `revert` reads it: what outcome and interrupted entries carry in their payload. */
export interface KeptInverse extends Inverse {
  readonly tool: ToolName
}

/**
 * The inverses of calls that are running. A tool's inverse is on disk before the tool changes anything, one encrypted
 * file a call; once the outcome is in the ledger, which carries the inverse from then on, the file goes. What is left
 * after a crash goes into the `interrupted` entry, so that such an act can be taken back by its number too.
 */
export class KeptInverses {
  readonly #folder: string
  readonly #key: Uint8Array

  private constructor(folder: string, key: Uint8Array) {
    this.#folder = folder
    this.#key = key
  }

  /** Opens the store in `folder` (made with mode 0700) under a 32-byte key. */
  static async open(folder: string, key: Uint8Array): Promise<KeptInverses> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return new KeptInverses(folder, key)
  }

  /** On disk when it returns. */
  async keep(callId: CallId, inverse: KeptInverse): Promise<void> {
    await writePrivateFile(this.#file(callId), seal(this.#key, JSON.stringify(inverse), callId))
  }

  /** What a call kept; undefined where it kept nothing, or what it kept was damaged. */
  async find(callId: CallId): Promise<KeptInverse | undefined> {
    const sealed = await readFile(this.#file(callId)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    const text = sealed === undefined ? undefined : unseal(this.#key, sealed, callId)
    return text === undefined ? undefined : (JSON.parse(text.toString()) as KeptInverse)
  }

  /** The ledger has it now. What a crash leaves behind goes at the next start. */
  async release(callId: CallId): Promise<void> {
    await rm(this.#file(callId), { force: true })
  }

  /** Removes everything: no call is running, and the ledger has what there was. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.#folder)) await rm(join(this.#folder, name), { force: true })
    await syncFolder(this.#folder)
  }

  /** A call id is letters, digits, `_` and `-`. */
  #file(callId: CallId): string {
    return join(this.#folder, callId)
  }
}
