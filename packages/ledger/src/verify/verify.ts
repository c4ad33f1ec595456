import { join } from 'node:path'
import { damaged, findingOf, fromSystemError } from '../error.ts'
import { JournalReader } from '../journal/reader.ts'
import { bundlePath, TILE_WIDTH } from '../merkle/tiles.ts'
import { type Checkpoint, openCheckpoint, type TreeHead } from '../note/checkpoint.ts'
import { parseVkey, type Verifier } from '../note/keys.ts'
import { readPublished } from '../open/recover.ts'
import { exists } from '../store/files.ts'
import { readHistory } from '../store/history.ts'
import { readSigner, readVerifiers } from '../store/keys.ts'
import { readMark } from '../store/mark.ts'
import { judgeMark } from './anchors.ts'
import { ChainCheck } from './chain.ts'
import { type Finding, Findings, type Verdict } from './findings.ts'
import { checkPartials } from './partials.ts'
import { checkPresence, checkPublication } from './presence.ts'
import { checkRotations } from './rotations.ts'
import { TreeCheck } from './tree.ts'
import { checkUpperTiles, type UpperTile } from './upper-tiles.ts'
import { Walk } from './walk.ts'
import { agrees, type Watched, Watchlist } from './watch.ts'
import { checkCosigned, judgeWitnesses, type WitnessCheck } from './witnesses.ts'

export interface VerifyOptions {
  readonly dir: string
  /** Key folder: with it the high-water mark is checked and the signing key is the one to trust. */
  readonly keyDir?: string
  /** The key to trust where there is no key folder, in vkey form; any key of the log's history will do. */
  readonly vkey?: string
  /** Goes on from a checkpoint that a full verification has found good: a signed note of this log. */
  readonly since?: string
  /** Checks cosignatures against a policy, and asks its witnesses where a `fetch` is given. */
  readonly witnesses?: WitnessCheck
  /** Called now and then with the entries checked and, where known, those there are. */
  readonly onProgress?: (entries: number, total: number) => void
}

/**
 * Checks a whole log, read-only and in constant memory, also while a writer appends: chain, tree rebuilt from the
 * entries, tiles, every signed checkpoint of the journal, payload digests, intents and outcomes, time, high-water mark.
 * Never throws for what is wrong with the log: that is the verdict.
 */
export async function verifyLedger(options: VerifyOptions): Promise<Verdict> {
  const started = performance.now()
  const run = new Verification(options)
  try {
    await run.check()
  } catch (error) {
    run.blame(error)
  }
  return run.verdict(performance.now() - started)
}

class Verification {
  readonly #options: VerifyOptions
  readonly #findings = new Findings()
  readonly #notes: string[] = []
  readonly #watchlist = new Watchlist()
  #verifiers: readonly Verifier[] = []
  #chain: ChainCheck | null = null
  #tree: TreeCheck | null = null
  #walk: Walk | null = null
  #from = 0
  #anchors = 0

  constructor(options: VerifyOptions) {
    this.#options = options
  }

  async check(): Promise<void> {
    const { dir, keyDir } = this.#options
    this.#verifiers = await this.#readKeys()
    const origin = this.#origin
    // What is remembered is read before the log: a writer only ever makes the log longer.
    const mark = await this.#readMark()
    const published = await this.#readPublished()
    const { witnesses } = this.#options
    const cosigned =
      keyDir === undefined || witnesses === undefined
        ? null
        : await checkCosigned(keyDir, this.#verifiers, this.#findings)
    const history = keyDir === undefined ? [] : await readHistory(keyDir, origin)
    const watched = {
      mark: mark === null ? null : this.#watchlist.watch(mark),
      published: published === null ? null : this.#watchlist.watch(published),
      cosigned: cosigned === null ? null : this.#watchlist.watch(cosigned),
      history: history.map((head) => this.#watchlist.watch(head)),
    }
    const journal = await JournalReader.open(dir)
    try {
      await this.#walkThrough(journal, origin, mark?.size ?? 0, published?.size ?? 0)
    } finally {
      await journal.close()
    }
    const tree = this.#tree as TreeCheck
    this.#checkPublished(watched.published, tree.size)
    await checkPartials(dir, tree, (this.#walk as Walk).edgeLeaves, this.#findings)
    if (published === null) {
      if (tree.size > 0) await checkPublication(dir, this.#findings)
    } else if (watched.published !== null && agrees(watched.published) !== false)
      await checkPresence(dir, published.size, journal.first ?? published.size, this.#findings)
    if (witnesses !== undefined) await judgeWitnesses(dir, witnesses, cosigned, this.#findings, this.#notes)
    if (this.#walk?.cutShort) return
    if (watched.cosigned !== null && agrees(watched.cosigned) !== true) {
      const { size } = watched.cosigned.head
      this.#findings.add({
        kind: 'witness',
        index: Math.min(size, tree.size),
        message: `Witnesses cosigned a head of ${size} entries that this log does not have.`,
      })
    }
    if (watched.mark === null) return
    const beyond =
      (published?.size ?? 0) > tree.size || (await exists(join(dir, bundlePath(Math.floor(tree.size / TILE_WIDTH)))))
    judgeMark(watched.mark, watched.history, tree.size, beyond, this.#findings)
  }

  /** Turns an error that ended the check into a finding. */
  blame(error: unknown): void {
    const cause = fromSystemError(error, `Reading the ledger in ${this.#options.dir}`)
    const detail = (cause.detail ?? {}) as Partial<Finding>
    const where = {
      ...(detail.subject === undefined ? {} : { subject: detail.subject }),
      ...(detail.index === undefined ? {} : { index: detail.index }),
      ...(detail.file === undefined ? {} : { file: detail.file }),
    }
    if (cause.code === 'ledger_damaged')
      this.#findings.add({ kind: detail.kind ?? 'altered', ...where, message: findingOf(cause) })
    else this.#findings.add({ kind: 'unreadable', ...where, message: cause.message })
  }

  verdict(durationMs: number): Verdict {
    const { list, further, exitCode } = this.#findings
    const findings = [...list].sort(
      (a, b) => (a.index ?? Number.POSITIVE_INFINITY) - (b.index ?? Number.POSITIVE_INFINITY),
    )
    return {
      ok: findings.length === 0,
      exitCode,
      origin: this.#verifiers.at(-1)?.name ?? '',
      entries: this.#tree?.size ?? 0,
      root: this.#tree?.root().toString('hex') ?? '',
      checkpoints: (this.#walk?.checkpoints ?? 0) + this.#anchors,
      vkey: this.#verifiers.at(-1)?.vkey ?? '',
      from: this.#from,
      openIntents: this.#chain?.openIntents.size ?? 0,
      erasedPayloads: this.#chain?.erasedPayloads ?? 0,
      gaps: this.#chain?.gaps ?? 0,
      findings,
      furtherFindings: further,
      notes: this.#notes,
      bytes: this.#walk?.bytes ?? 0,
      durationMs,
    }
  }

  get #origin(): string {
    return (this.#verifiers.at(-1) as Verifier).name
  }

  async #walkThrough(journal: JournalReader, origin: string, acknowledged: number, published: number): Promise<void> {
    const { dir, onProgress } = this.#options
    const since = this.#sinceHead()
    // The start of a bundle that lies before both the checkpoint given and the journal.
    this.#from = Math.floor(Math.min(since?.size ?? 0, journal.first ?? 0) / TILE_WIDTH) * TILE_WIDTH
    const findings = this.#findings
    const upper: UpperTile[] = []
    const tree = new TreeCheck(this.#watchlist, (level, n, bytes) => upper.push({ level, n, bytes }))
    const chain = new ChainCheck(findings, origin, this.#from)
    this.#tree = tree
    this.#chain = chain
    const total = Math.max(acknowledged, published)
    const walk = new Walk({
      dir,
      origin,
      verifiers: this.#verifiers,
      findings,
      notes: this.#notes,
      chain,
      tree,
      acknowledged,
      onProgress: (entries) => onProgress?.(entries, Math.max(total, entries)),
    })
    this.#walk = walk
    const watched = since === null ? null : this.#watchlist.watch(since)
    if (this.#from > 0) tree.resume(dir, this.#from)
    if (journal.first === null) {
      findings.add({
        kind: 'missing',
        subject: 'journal',
        index: 0,
        file: 'journal',
        message: 'The journal has no segment.',
      })
      await walk.bundles(Math.floor(published / TILE_WIDTH) * TILE_WIDTH)
    } else {
      await walk.bundles(journal.first)
      if (!walk.cutShort) await walk.journal(journal)
      // An erasure goes on record before it blanks anything: what it blanked beside this check is on record by now.
      if (!walk.cutShort && chain.missesPayloads) await walk.catchUp()
    }
    chain.finish()
    await checkUpperTiles(dir, upper, Math.max(published, journal.first ?? 0), findings)
    checkRotations(chain.rotations, this.#verifiers, this.#from, findings)
    if (watched !== null && agrees(watched) === false) {
      findings.add({
        kind: 'forked',
        index: watched.head.size,
        message: `The log is not the one whose checkpoint at ${watched.head.size} entries was given.`,
      })
    }
  }

  #sinceHead(): TreeHead | null {
    return this.#options.since === undefined ? null : openCheckpoint(this.#options.since, this.#verifiers)
  }

  async #readKeys(): Promise<readonly Verifier[]> {
    const { dir, keyDir, vkey } = this.#options
    const verifiers = await readVerifiers(dir)
    if (verifiers === null)
      throw damaged(`There is no ledger in ${dir}: its vkeys file is missing`, { kind: 'missing', file: 'vkeys' })
    const trusted =
      vkey !== undefined
        ? parseVkey(vkey)
        : keyDir === undefined
          ? null
          : await readSigner(keyDir, (verifiers.at(-1) as Verifier).name)
    if (trusted === null)
      this.#notes.push('No trusted key was given: the log was checked against the keys it names itself.')
    else if (!verifiers.some((verifier) => verifier.vkey === trusted.vkey)) {
      throw damaged(`The log in ${dir} is not signed by the key to trust, ${trusted.vkey}`, {
        kind: 'foreign_key',
        file: 'vkeys',
      })
    }
    return verifiers
  }

  async #readMark(): Promise<Checkpoint | null> {
    const { keyDir } = this.#options
    if (keyDir === undefined) {
      this.#notes.push(
        'The high-water mark was not checked: a cut-off tail or an older copy cannot be seen without it.',
      )
      return null
    }
    let mark: Checkpoint | null
    try {
      mark = await readMark(keyDir, this.#verifiers)
    } catch (error) {
      // A damaged mark is as good as none: the rest of the log is checked all the same.
      this.blame(error)
      return null
    }
    if (mark === null) {
      this.#findings.add({
        kind: 'mark_missing',
        subject: 'mark',
        message: `There is no high-water mark in ${keyDir}: a cut-off tail could not be seen.`,
      })
    } else this.#anchors += 1
    return mark
  }

  async #readPublished(): Promise<Checkpoint | null> {
    try {
      const checkpoint = await readPublished(this.#options.dir, this.#verifiers)
      if (checkpoint !== null) this.#anchors += 1
      return checkpoint
    } catch (error) {
      this.blame(error)
      return null
    }
  }

  #checkPublished(watched: Watched | null, size: number): void {
    if (watched === null || this.#walk?.cutShort || agrees(watched) !== false || watched.head.size > size) return
    this.#findings.add({
      kind: 'forked',
      subject: 'checkpoint',
      index: watched.head.size,
      file: 'checkpoint',
      message: `The checkpoint file signs another history: its root at ${watched.head.size} entries is not that of the entries.`,
    })
  }
}
