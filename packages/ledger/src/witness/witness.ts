import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LedgerError } from '../error.ts'
import { emptyRoot, sha256 } from '../merkle/hash.ts'
import { verifyConsistency } from '../merkle/proof.ts'
import { decodeBase64 } from '../note/base64.ts'
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.ts'
import { COSIGNATURE_ED25519, makeSigner, parseVkey, type Signer, type Verifier } from '../note/keys.ts'
import { verifiedBy } from '../note/note.ts'
import { makeFolder, writeFileDurably } from '../store/files.ts'
import { cosign } from './cosignature.ts'
import { type AddCheckpoint, parseAddCheckpoint } from './request.ts'
import { SeenLogs } from './seen.ts'

export interface WitnessOptions {
  /** Folder of the witness: its key (`witness.key`, 0600), and what it last saw of each log. */
  readonly dir: string
  /** Name of a new witness's key, e.g. `home.example/witness`; an existing one keeps its own. */
  readonly name: string
  /** Keys of the logs it cosigns for, in vkey form. */
  readonly logs: readonly string[]
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly contentType: string
  readonly body: string
}

/**
 * A witness after C2SP tlog-witness: it remembers the newest checkpoint of each log and cosigns one only if it
 * continues what it remembers. Whoever holds the log's own key can therefore not rewrite the log unseen.
 */
export class LogWitness {
  readonly verifier: Verifier
  readonly #seen: SeenLogs
  readonly #signer: Signer
  readonly #logs: readonly Verifier[]
  readonly #clock: () => number
  /** Requests are judged one after the other: checking and remembering have to be one step. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(dir: string, signer: Signer, logs: readonly Verifier[], clock: () => number) {
    this.#seen = new SeenLogs(dir)
    this.#signer = signer
    this.#logs = logs
    this.#clock = clock
    this.verifier = signer.verifier
  }

  static async open({ dir, name, logs, clock }: WitnessOptions): Promise<LogWitness> {
    await makeFolder(dir)
    return new LogWitness(dir, await openKey(dir, name), logs.map(parseVkey), clock ?? Date.now)
  }

  /** Answers the body of `POST /add-checkpoint`. */
  addCheckpoint(body: string): Promise<WitnessAnswer> {
    const answer = this.#turn.then(() => this.#judge(body))
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  /**
   * What `GET /<SHA-256 of the origin, hex>/checkpoint` answers: the newest checkpoint of a log with the cosignature,
   * for whoever watches the witness (C2SP tlog-witness); null for a log it does not know or has not seen yet.
   */
  async newest(originHash: string): Promise<string | null> {
    const log = this.#logs.find(({ name }) => sha256(name).toString('hex') === originHash)
    return log === undefined ? null : this.#seen.cosigned(log.name)
  }

  async #judge(body: string): Promise<WitnessAnswer> {
    let request: AddCheckpoint
    let checkpoint: Checkpoint
    try {
      request = parseAddCheckpoint(body)
      checkpoint = parseCheckpoint(request.checkpoint, { extensions: true })
    } catch (error) {
      return refused(400, error instanceof Error ? error.message : String(error))
    }
    const keys = this.#logs.filter(({ name }) => name === checkpoint.origin)
    if (keys.length === 0) return refused(404, `This witness does not know the log ${checkpoint.origin}.`)
    if (!isSigned(checkpoint, keys))
      return refused(403, `The checkpoint is not signed by a key of ${checkpoint.origin} that this witness was given.`)
    if (request.oldSize > checkpoint.size) return refused(400, 'The old size is larger than the checkpoint.')
    const seen = await this.#seen.newest(checkpoint.origin)
    if (request.oldSize !== (seen?.size ?? 0))
      return { status: 409, contentType: 'text/x.tlog.size', body: `${seen?.size ?? 0}\n` }
    const wrong = inconsistency(seen, checkpoint, request.proof)
    if (wrong !== null) return refused(422, wrong)
    const cosignature = cosign(checkpoint.note.text, this.#signer, Math.floor(this.#clock() / 1000))
    await this.#seen.remember(checkpoint.origin, request.checkpoint, cosignature)
    return { status: 200, contentType: 'text/plain; charset=utf-8', body: cosignature }
  }
}

function isSigned(checkpoint: Checkpoint, keys: readonly Verifier[]): boolean {
  try {
    return verifiedBy(checkpoint.note, keys).length > 0
  } catch {
    return false
  }
}

/** Why a checkpoint does not continue the one seen, null where it does. */
function inconsistency(seen: Checkpoint | null, { size, root }: Checkpoint, proof: readonly Buffer[]): string | null {
  if (size === 0 && !root.equals(emptyRoot())) return 'An empty log has the hash of nothing as its root.'
  const from = seen?.size ?? 0
  const fromRoot = seen?.root ?? emptyRoot()
  return verifyConsistency(from, fromRoot, size, root, proof)
    ? null
    : `The checkpoint does not continue the log as it was seen at ${from} entries.`
}

function refused(status: WitnessAnswer['status'], message: string): WitnessAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${message}\n` }
}

/** The key file: name and seed on two lines. */
async function openKey(dir: string, name: string): Promise<Signer> {
  const path = join(dir, 'witness.key')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) {
    const seed = randomBytes(32)
    const signer = makeSigner(name, seed, COSIGNATURE_ED25519)
    await writeFileDurably(path, `${name}\n${seed.toString('base64')}\n`)
    return signer
  }
  const [known, encoded] = text.split('\n')
  const seed = decodeBase64(encoded ?? '')
  if (known === undefined || seed === null || seed.length !== 32)
    throw new LedgerError('ledger_unavailable', `${path} holds no witness key. Restore it from a backup.`)
  return makeSigner(known, seed, COSIGNATURE_ED25519)
}
