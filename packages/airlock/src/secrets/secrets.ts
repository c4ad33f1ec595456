import { join } from 'node:path'
import { CastellanError, type Destination, SecretGrant, type SecretRequest } from '@castellan/contracts'
import { marksOf } from '@castellan/daemon'
import { z } from 'zod'
import type { Aim } from '../destinations/match.ts'
import { isBelow } from '../destinations/path.ts'
import type { Marks } from '../inspection/marks.ts'
import type { Recorder } from '../record/recorder.ts'
import { readState, writeState } from '../state/durable-file.ts'
import { Seal } from './seal.ts'

const MAX_SECRETS = 256
const SOURCE = 'airlock'

const Stored = z.strictObject({ grant: SecretGrant, sealed: z.base64() })
const SecretsFile = z.strictObject({ version: z.literal(1), secrets: z.array(Stored).max(MAX_SECRETS) })

export interface SecretsOptions {
  /** `airlock/` in the state folder. */
  readonly folder: string
  /** Where the key is; `secrets.key` in the folder without it. */
  readonly keyFile: string | undefined
  readonly marks: Marks
  readonly recorder: Recorder
}

/** A header as it leaves, and the value in it, which must not come back. */
export interface Injected {
  /** Of the secret. */
  readonly name: string
  readonly header: string
  /** What the header holds. */
  readonly value: string
  readonly secret: string
}

/**
 * Secrets that the owner granted for a host, a path and a header. Whoever asks for a request names one and never sees it. Values lie
 * sealed on disk, are opened for one request, and are told to nobody.
 */
export class Secrets {
  readonly #options: SecretsOptions
  readonly #file: string
  #stored: readonly z.output<typeof Stored>[] = []
  #seal: Seal | undefined
  #last: Promise<unknown> = Promise.resolve()

  private constructor(options: SecretsOptions) {
    this.#options = options
    this.#file = join(options.folder, 'secrets.json')
  }

  /** Throws `config_invalid` where the file is damaged, and what {@link Seal} throws: without its secrets the airlock does not start. */
  static async open(options: SecretsOptions): Promise<Secrets> {
    const secrets = new Secrets(options)
    const read = await readState(secrets.#file, SecretsFile)
    if (read.kind === 'damaged') {
      throw new CastellanError('config_invalid', `${read.why}. Put it back, or move it away and add the secrets again.`)
    }
    if (read.kind === 'whole') secrets.#stored = read.value.secrets
    if (secrets.#stored.length > 0) {
      secrets.#seal = await Seal.open(secrets.#keyFile, false)
      secrets.#mark()
    }
    return secrets
  }

  get list(): SecretGrant[] {
    return this.#stored.map(({ grant }) => grant)
  }

  /** Keeps a secret; one of the same name and host is replaced. Throws `conflict` (too many), `egress_unrecorded`. */
  add({
    value,
    ...given
  }: z.output<typeof SecretRequest>): Promise<{ readonly secret: SecretGrant; readonly index: number }> {
    return this.#inTurn(async () => {
      const others = this.#stored.filter(({ grant }) => grant.name !== given.name || grant.host !== given.host)
      if (others.length >= MAX_SECRETS) {
        throw new CastellanError('conflict', `The airlock keeps ${MAX_SECRETS} secrets and takes no more. Remove some.`)
      }
      const grant: SecretGrant = { ...given, added_at: new Date().toISOString() }
      this.#seal ??= await Seal.open(this.#keyFile, true)
      const sealed = this.#seal.close(value, aboutOf(grant))
      const { name: secret, host, port, header } = grant
      const index = await this.#options.recorder.before({ type: 'egress_secret_granted', secret, host, port, header })
      await this.#keep([...others, { grant, sealed }])
      return { secret: grant, index }
    })
  }

  /** Removes the secrets of a name, at every host. Throws `not_found`, `egress_unrecorded`. */
  remove(name: string): Promise<{ readonly secret: SecretGrant; readonly index: number }> {
    return this.#inTurn(async () => {
      const gone = this.#stored.find(({ grant }) => grant.name === name)
      if (gone === undefined) throw new CastellanError('not_found', `The airlock has no secret ${name}.`)
      const { host } = gone.grant
      const index = await this.#options.recorder.before({ type: 'egress_secret_removed', secret: name, host })
      await this.#keep(this.#stored.filter(({ grant }) => grant.name !== name))
      return { secret: gone.grant, index }
    })
  }

  /**
   * What a header that names a secret holds as it leaves. Throws `egress_denied` where that secret is not for this request: another
   * host, port, path, method or header, or one that goes in the clear to another machine.
   */
  inject(header: string, secret: string, { scheme, host, port, path, method }: Aim, { reach }: Destination): Injected {
    const ofName = this.#stored.filter(({ grant }) => grant.name === secret)
    const found = ofName.find(
      ({ grant }) =>
        grant.host === host &&
        grant.port === port &&
        grant.header === header &&
        isBelow(grant.path, path) &&
        (grant.methods?.includes(method) ?? true),
    )
    if (found === undefined) {
      const why =
        ofName.length === 0
          ? 'there is no such secret'
          : `it is not granted for ${method} ${host}:${port}, this path and the header ${header}`
      throw new CastellanError(
        'egress_denied',
        `The secret ${secret} is not put in: ${why}. The operator grants it: agentctl airlock secret add ${secret} --host ${host}`,
      )
    }
    if (scheme !== 'https' && reach !== 'loopback') {
      throw new CastellanError(
        'egress_denied',
        `The secret ${secret} is not put in: ${host} is reached without encryption.`,
      )
    }
    const value = (this.#seal as Seal).open(found.sealed, aboutOf(found.grant))
    return { name: secret, header, secret: value, value: found.grant.format.replace('{}', () => value) }
  }

  get #keyFile(): string {
    return this.#options.keyFile ?? join(this.#options.folder, 'secrets.key')
  }

  async #keep(stored: readonly z.output<typeof Stored>[]): Promise<void> {
    await writeState(this.#file, { version: 1, secrets: stored })
    this.#stored = stored
    this.#mark()
  }

  /** So that they are recognised wherever else they would leave. */
  #mark(): void {
    const { marks } = this.#options
    const seal = this.#seal as Seal
    marks.set(
      SOURCE,
      'secret',
      this.#stored.flatMap(({ grant, sealed }) => marksOf(marks.key, seal.open(sealed, aboutOf(grant)))),
    )
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

/** All that says where a value may go: changed on disk, it opens nothing. */
function aboutOf(grant: SecretGrant): string {
  const { name, host, port, path, methods = null, header, format } = grant
  return JSON.stringify(['castellan airlock secret v1', name, host, port, path, methods, header, format])
}
