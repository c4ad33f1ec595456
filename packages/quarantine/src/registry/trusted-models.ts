import { createPublicKey } from 'node:crypto'
import { watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fileDigest } from '@castellan/gguf'
import { RegistryError } from './error.ts'
import { MAX_REGISTRY_BYTES, type RegisteredModel, type RegistryBody, verifyRegistry } from './manifest.ts'

export interface TrustedModelsPaths {
  /** The signed list, which agentd writes: `models/registry.json`. */
  readonly manifest: string
  /** agentd's public key in PEM form, `models/registry.pub`. */
  readonly publicKey: string
}

/** How often the list is read again where the file system tells of no change, in milliseconds. */
const LOOK_MS = 5000

/**
 * The list of trusted models for whoever loads one. It is read anew at every question, so that a model that was taken out of use
 * a moment ago is not loaded. A list older than one that this process has seen is refused.
 */
export class TrustedModels {
  readonly #paths: TrustedModelsPaths
  #seen = 0

  constructor(paths: TrustedModelsPaths) {
    this.#paths = paths
  }

  /** The newest list. Throws `registry_missing`, `registry_damaged`, `registry_forged` or `registry_rolled_back`. */
  async read(): Promise<RegistryBody> {
    const { manifest, publicKey } = this.#paths
    const [text, pem] = await Promise.all([readSmall(manifest), readSmall(publicKey)])
    const body = verifyRegistry(text, keyOf(pem, publicKey))
    if (body.serial < this.#seen) {
      throw new RegistryError(
        'registry_rolled_back',
        `${manifest} is number ${body.serial}, older than number ${this.#seen} that was there before. Find out who put it back.`,
      )
    }
    this.#seen = body.serial
    return body
  }

  /** The model with this digest, where it is trusted now. Throws `model_untrusted`, and what {@link read} throws. */
  async find(sha256: string): Promise<RegisteredModel> {
    const { models } = await this.read()
    const model = models.find((candidate) => candidate.sha256 === sha256)
    if (model !== undefined && !model.removed) return model
    throw new RegistryError(
      'model_untrusted',
      model === undefined
        ? `No trusted model has the SHA-256 ${sha256}. Import the file first: model_import examines it and puts it on the list.`
        : takenOut(model.name),
    )
  }

  /**
   * Why this model was taken out of use; undefined for one that is in use, one that is not on the list, and where there is no list:
   * for a model that its owner named in the configuration, which needs no list to be trusted but must not outlive its removal.
   */
  async withdrawn(sha256: string): Promise<string | undefined> {
    try {
      const { models } = await this.read()
      const model = models.find((candidate) => candidate.sha256 === sha256)
      return model?.removed === true ? takenOut(model.name) : undefined
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'registry_missing') return undefined
      throw error
    }
  }

  /**
   * Hashes a file and finds it on the list: to be called right before it is loaded. Throws `model_untrusted`, and what
   * {@link read} and reading the file throw.
   */
  async admit(path: string, signal?: AbortSignal): Promise<RegisteredModel> {
    return this.find(await fileDigest(path, signal))
  }

  /**
   * Calls `revoked` once `judge` has something against this model ({@link withdrawn}), or {@link find} does without it; the argument
   * is a sentence. The list is looked at when its folder changes, and every 5 seconds. Keeps no process alive. Returns what ends
   * the watch.
   */
  watch(
    sha256: string,
    revoked: (why: string) => void,
    judge?: (sha256: string) => Promise<string | undefined>,
  ): () => void {
    let over = false
    const end = (): void => {
      over = true
      clearInterval(timer)
      watcher?.close()
    }
    const look = async (): Promise<void> => {
      const why = await (judge?.(sha256) ?? this.find(sha256).then(() => undefined)).catch(
        (error: Error) => error.message,
      )
      if (why === undefined || over) return
      end()
      revoked(why)
    }
    const timer = setInterval(() => void look(), LOOK_MS)
    timer.unref()
    const watcher = watchFolder(this.#paths.manifest, () => void look())
    void look()
    return end
  }
}

function takenOut(name: string): string {
  return `The model ${name} was taken out of use. Undo that, or choose another model.`
}

/** Told when the file is replaced. Undefined where the host has no such thing left to give; the timer remains. */
function watchFolder(path: string, changed: () => void): { close(): void } | undefined {
  try {
    const name = basename(path)
    const watcher = watch(dirname(path), { persistent: false }, (_event, file) => {
      if (file === name || file === null) changed()
    })
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}

async function readSmall(path: string): Promise<string> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new RegistryError(
      'registry_missing',
      `${path} cannot be read (${why}), so no model is trusted. agentd writes it when it starts.`,
      { cause },
    )
  }
  try {
    if ((await file.stat()).size > MAX_REGISTRY_BYTES) {
      throw new RegistryError('registry_damaged', `${path} is larger than any list of models that agentd writes.`)
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function keyOf(pem: string, path: string) {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below, the same for both.
  }
  throw new RegistryError(
    'registry_damaged',
    `${path} holds no Ed25519 public key, so no list of models can be verified.`,
  )
}
