import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, type LedgerActor } from '@castellan/contracts'
import {
  type RegisteredModel,
  RegistryBody,
  RegistryError,
  registryDigest,
  signRegistry,
  verifyRegistry,
} from '@castellan/quarantine/registry'
import { syncFolder, writePrivateFile } from '../host/files/durable.ts'
import { Mutex } from '../state/mutex.ts'
import { type RegistryLedger, type RegistryMark, SELF } from './registry-ledger.ts'

/** PKCS #8 around an Ed25519 seed (RFC 8410, section 7). */
const SEED_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface RegistryParts {
  /** Folder of the models; the manifest `registry.json` and its key `registry.pub` lie in it for whoever loads models. */
  readonly folder: string
  /** 32 bytes that only agentd has. */
  readonly seed: Buffer
  readonly ledger: RegistryLedger
  /** The model that comes with Castellan, trusted from the start by the digest that is shipped beside it. */
  readonly builtIn: () => Promise<RegisteredModel>
  /** Told of a manifest that is not the newest that agentd wrote. */
  readonly onForeign: (summary: string) => void
}

/** What changed, in a word that the ledger keeps. */
export type RegistryChange = 'begun' | 'let_in' | 'removed' | 'restored' | 'revoked' | 'built_in' | 'replaced'

/**
 * The list of trusted models. Each state is signed, and the ledger keeps its number and digest before it counts: an older list
 * that is put back, however well signed, is not the newest one that the ledger knows, and is replaced by one that trusts
 * nothing but the built-in model.
 *
 * A change is written beside (`registry.json.next`), recorded, and renamed into place; a crash between leaves one of two files
 * that the ledger's digest tells apart.
 */
export class ModelRegistry {
  readonly #parts: RegistryParts
  readonly #key: KeyObject
  readonly #changes = new Mutex()
  #body: RegistryBody | undefined

  constructor(parts: RegistryParts) {
    this.#parts = parts
    this.#key = createPrivateKey({ key: Buffer.concat([SEED_PREFIX, parts.seed]), format: 'der', type: 'pkcs8' })
  }

  /** Every model, those out of use as well. Throws what the ledger throws while the newest state cannot be known. */
  async models(): Promise<readonly RegisteredModel[]> {
    return (await this.#opened()).models
  }

  /** Brings the folder in step with the ledger. */
  async open(): Promise<void> {
    await this.#opened()
  }

  /** Changes the list. On disk and in the ledger when it returns. */
  change(
    what: RegistryChange,
    actor: LedgerActor,
    change: (models: readonly RegisteredModel[]) => readonly RegisteredModel[],
  ): Promise<void> {
    return this.#changes.run(async () => {
      const body = await this.#load()
      await this.#write(what, actor, body.serial + 1, change(body.models))
    })
  }

  #opened(): Promise<RegistryBody> {
    return this.#changes.run(() => this.#load())
  }

  /** The ledger is asked once; then what this process wrote is the newest. */
  async #load(): Promise<RegistryBody> {
    if (this.#body !== undefined) return await this.#held(this.#body)
    const { folder, ledger, onForeign } = this.#parts
    // mkdir's mode passes through the umask; only a folder of our own making is adjusted.
    if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, 0o755)
    const mark = await ledger.newest()
    await this.#publishKey()
    if (mark === undefined) return await this.#begin('begun', 1)
    const found = await this.#find(mark)
    if (found === undefined) {
      onForeign(
        `The list of trusted models is not number ${mark.serial}, the newest that agentd wrote: it was changed, lost or put back.`,
      )
      return await this.#begin('replaced', mark.serial + 1)
    }
    this.#body = found
    return await this.#withBuiltIn(found)
  }

  /** What is on disk is still what this process wrote. Anything else is put aside, and the newest list back in its place. */
  async #held(body: RegistryBody): Promise<RegistryBody> {
    const found = await this.#read(this.#path())
    if (found !== undefined && registryDigest(found) === registryDigest(body)) return body
    this.#parts.onForeign(
      `The list of trusted models was changed, lost or put back while agentd ran; number ${body.serial} is in its place again.`,
    )
    await this.#putAside()
    await writePrivateFile(this.#next(), signRegistry(body, this.#key))
    await this.#putInPlace()
    return body
  }

  /** Kept for whoever looks into it; trusted by nobody, for its digest is not the ledger's. */
  async #putAside(): Promise<void> {
    await rename(this.#path(), `${this.#path()}.foreign`).catch(ifAbsent)
  }

  async #begin(what: RegistryChange, serial: number): Promise<RegistryBody> {
    await this.#putAside()
    return await this.#write(what, SELF, serial, [await this.#parts.builtIn()])
  }

  /** The file whose digest the ledger has: the one in place, or the one that a crash kept from getting there. */
  async #find({ serial, digest }: RegistryMark): Promise<RegistryBody | undefined> {
    for (const path of [this.#path(), this.#next()]) {
      const body = await this.#read(path)
      if (body === undefined || body.serial !== serial || registryDigest(body) !== digest) continue
      if (path === this.#next()) await this.#putInPlace()
      else await rm(this.#next(), { force: true })
      return body
    }
    return undefined
  }

  async #read(path: string): Promise<RegistryBody | undefined> {
    const text = await readFile(path, 'utf8').catch(ifAbsent)
    if (text === undefined) return undefined
    try {
      return verifyRegistry(text, createPublicKey(this.#key))
    } catch (error) {
      if (error instanceof RegistryError) return undefined
      throw error
    }
  }

  /** A new version of Castellan brings another built-in model. */
  async #withBuiltIn(body: RegistryBody): Promise<RegistryBody> {
    const builtIn = await this.#parts.builtIn()
    const known = body.models.find(({ file }) => file === null)
    if (known?.sha256 === builtIn.sha256) return body
    const others = body.models.filter(({ file, sha256 }) => file !== null && sha256 !== builtIn.sha256)
    return await this.#write('built_in', SELF, body.serial + 1, [builtIn, ...others])
  }

  async #write(
    what: RegistryChange,
    actor: LedgerActor,
    serial: number,
    models: readonly RegisteredModel[],
  ): Promise<RegistryBody> {
    const parsed = RegistryBody.safeParse({ version: 1, serial, issuedAt: new Date().toISOString(), models })
    if (!parsed.success)
      throw new CastellanError('too_large', 'There are more models than the list takes. Remove some first.')
    const body = parsed.data
    await writePrivateFile(this.#next(), signRegistry(body, this.#key))
    const before = new Set(this.#body?.models.filter(({ removed }) => !removed).map(({ id }) => id) ?? [])
    const now = body.models.filter(({ removed }) => !removed)
    await this.#parts.ledger.append(
      {
        type: 'model_registry_changed',
        actor,
        facts: { serial, digest: registryDigest(body), change: what, trusted: now.length },
      },
      {
        trusted: now.map(({ id, name, sha256 }) => ({ id, name, sha256 })),
        added: now.filter(({ id }) => !before.has(id)).map(({ id }) => id),
        taken_out: [...before].filter((id) => !now.some((model) => model.id === id)),
      },
    )
    await this.#putInPlace()
    this.#body = body
    return body
  }

  /** Readable before it is there: whoever loads models would otherwise find a list that it may not read. */
  async #putInPlace(): Promise<void> {
    await chmod(this.#next(), 0o644)
    await rename(this.#next(), this.#path())
    await syncFolder(this.#parts.folder)
  }

  async #publishKey(): Promise<void> {
    const pem = createPublicKey(this.#key).export({ type: 'spki', format: 'pem' }).toString()
    const path = join(this.#parts.folder, 'registry.pub')
    if ((await readFile(path, 'utf8').catch(ifAbsent)) === pem) return
    await writePrivateFile(`${path}.next`, pem)
    await chmod(`${path}.next`, 0o644)
    await rename(`${path}.next`, path)
  }

  #path(): string {
    return join(this.#parts.folder, 'registry.json')
  }

  #next(): string {
    return `${this.#path()}.next`
  }
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
