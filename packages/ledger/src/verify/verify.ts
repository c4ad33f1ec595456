import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JournalReader } from '../journal/reader.ts'
import { bundlePath, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { type Checkpoint, openCheckpoint } from '../note/checkpoint.ts'
import type { Signer, Verifier } from '../note/keys.ts'
import { verifiedBy } from '../note/note.ts'
import type { FoundSeal } from '../seal/mark-seal.ts'
import { exists } from '../store/files.ts'
import { READ } from '../store/open-flags.ts'
import { judgeMark, judgePublished } from './anchors.ts'
import { ChainCheck } from './chain.ts'
import { asFinding, Findings, type Verdict } from './findings.ts'
import { LogKeys } from './log-keys.ts'
import { checkPartials } from './partials.ts'
import { checkPresence, checkPublication } from './presence.ts'
import { readRemembered } from './remembered.ts'
import { TreeCheck } from './tree.ts'
import { judgeKeys, readTrust, type Trust } from './trust.ts'
import { checkUpperTiles, type UpperTile } from './upper-tiles.ts'
import { checkPublished, checkSigned } from './vouched.ts'
import { Walk } from './walk/walk.ts'
import { type WalkedHead, walkedHead } from './walked-tree.ts'
import { agrees, Watchlist } from './watch.ts'
import { checkLogKey, judgeWitnesses, type WitnessCheck } from './witnesses.ts'

export interface VerifyOptions {
  readonly dir: string
  /** Key folder: with it the high-water mark is checked and the signing key is the one to trust. */
  readonly keyDir?: string
  /** What the mark beside the key folder's own is sealed with, where this machine can. */
  readonly seal?: FoundSeal
  /** The key to trust where there is no key folder, in vkey form; any key of the log's history will do. */
  readonly vkey?: string
  /** Goes on from a checkpoint that a full verification has found good: a signed note of this log. */
  readonly since?: string
  /** Checks cosignatures against a policy, and asks its witnesses where a `fetch` is given. */
  readonly witnesses?: WitnessCheck
  /** Called now and then with the entries checked and, where known, those there are. */
  readonly onProgress?: (entries: number, total: number) => void
  /** Ends the check before its time: then there is no verdict, and its reason is thrown. */
  readonly signal?: AbortSignal
}

/**
 * Checks a whole log, read-only and in constant memory, also while a writer appends: chain, tree rebuilt from the
 * entries, tiles, every signed checkpoint of the journal, payload digests, intents and outcomes, time, high-water mark.
 * Never throws for what is wrong with the log: that is the verdict. Throws the reason of `signal`.
 */
export async function verifyLedger(options: VerifyOptions): Promise<Verdict> {
  const started = performance.now()
  const run = new Verification(options)
  try {
    await run.check()
  } catch (error) {
    options.signal?.throwIfAborted()
    run.blame(error)
  }
  options.signal?.throwIfAborted()
  return run.verdict(performance.now() - started)
}

class Verification {
  readonly #options: VerifyOptions
  readonly #findings = new Findings()
  readonly #notes: string[] = []
  readonly #watchlist = new Watchlist()
  #verifiers: readonly Verifier[] = []
  #signer: Signer | null = null
  #keys: LogKeys | null = null
  #chain: ChainCheck | null = null
  #tree: TreeCheck | null = null
  #walk: Walk | null = null
  #from = 0
  #anchors = 0
  readonly #recentTiles = new Map<string, Buffer>()

  constructor(options: VerifyOptions) {
    this.#options = options
  }

  async check(): Promise<void> {
    const { dir, keyDir, witnesses } = this.#options
    const trust = await this.#readTrust()
    const origin = this.#origin
    const remembered = await readRemembered(this.#options, this.#verifiers, this.#findings, this.#notes)
    const { mark, published, cosigned, history } = remembered
    this.#anchors = remembered.signed
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
    if (!this.#walk?.cutShort) checkPublished(watched.published, tree.size, keyDir !== undefined, this.#findings)
    await checkPartials(dir, tree, (this.#walk as Walk).edgeLeaves, this.#findings)
    if (published === null) {
      if (tree.size > 0) await checkPublication(dir, this.#findings)
    } else if (watched.published !== null && agrees(watched.published) !== false)
      await checkPresence(dir, published.size, journal.first ?? published.size, this.#findings)
    if (witnesses !== undefined)
      await judgeWitnesses(dir, await this.#newestHead(published), witnesses, cosigned, this.#findings, this.#notes)
    if (this.#walk?.cutShort) return
    if (watched.cosigned !== null && agrees(watched.cosigned) !== true) {
      const { size } = watched.cosigned.head
      this.#findings.add({
        kind: 'witness',
        index: Math.min(size, tree.size),
        message: `Witnesses cosigned a head of ${size} entries that this log does not have.`,
      })
    }
    if (witnesses !== undefined) checkLogKey((this.#keys as LogKeys).keys, witnesses.policy, this.#findings)
    const vouched = [(this.#walk as Walk).signed.size, this.#options.since === undefined ? 0 : this.#from]
    checkSigned(published, watched, vouched, this.#keys as LogKeys, tree.size, this.#findings)
    const later = await readTrust(dir, keyDir, this.#options.vkey)
    // Cut off before a rotation, the right log is without its newest key: what is remembered of it says more then.
    const earlier =
      mark !== null &&
      tree.size < mark.size &&
      watched.history.some((point) => point.head.size > 0 && agrees(point) === true)
    judgeKeys(this.#keys as LogKeys, trust, later, earlier, this.#findings)
    if (watched.published !== null) judgePublished(watched.published, history, tree.size, this.#findings)
    if (watched.mark === null) return
    const beyond =
      (published?.size ?? 0) > tree.size || (await exists(join(dir, bundlePath(Math.floor(tree.size / TILE_WIDTH)))))
    judgeMark(watched.mark, watched.history, tree.size, beyond, this.#findings)
  }

  /** Turns an error that ended the check into a finding. */
  blame(error: unknown): void {
    this.#findings.add(asFinding(error, this.#options.dir))
  }

  verdict(durationMs: number): Verdict {
    const { inOrder: findings, further, exitCode } = this.#findings
    return {
      ok: findings.length === 0,
      exitCode,
      origin: this.#verifiers[0]?.name ?? '',
      entries: this.#tree?.size ?? 0,
      root: this.#tree?.root().toString('hex') ?? '',
      checkpoints: (this.#walk?.checkpoints ?? 0) + this.#anchors,
      vkey: (this.#keys?.current ?? this.#verifiers.at(-1))?.vkey ?? '',
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
    return (this.#verifiers[0] as Verifier).name
  }

  async #walkThrough(journal: JournalReader, origin: string, acknowledged: number, published: number): Promise<void> {
    const { dir, onProgress, signal } = this.#options
    const since = this.#sinceHead()
    // The start of a bundle that lies before both the checkpoint given and the journal.
    this.#from = Math.floor(Math.min(since?.size ?? 0, journal.first ?? 0) / TILE_WIDTH) * TILE_WIDTH
    const findings = this.#findings
    const upper: UpperTile[] = []
    const recent = Math.floor((journal.first ?? 0) / TILE_WIDTH)
    const tree = new TreeCheck(this.#watchlist, (level, n, bytes) => {
      if (level > 0) upper.push({ level, n, bytes: bytes() })
      // What lies in the journal alone has no files yet; only the witnesses' proofs ask for it.
      if (this.#options.witnesses?.fetch === undefined) return
      if (level > 0 || n >= recent) this.#recentTiles.set(tilePath(level, n), bytes())
    })
    const chain = new ChainCheck(findings, origin, this.#from)
    const keys = new LogKeys(this.#verifiers, this.#from === 0 ? null : since, findings)
    this.#tree = tree
    this.#chain = chain
    this.#keys = keys
    const total = Math.max(acknowledged, published)
    const walk = new Walk({
      dir,
      origin,
      keys,
      signer: this.#signer,
      findings,
      notes: this.#notes,
      chain,
      tree,
      acknowledged,
      published,
      onProgress: (entries) => {
        signal?.throwIfAborted()
        onProgress?.(entries, Math.max(total, entries))
      },
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
      walk.checkRoom()
    }
    chain.finish(!walk.cutShort && tree.size >= Math.max(acknowledged, published))
    await checkUpperTiles(dir, upper, Math.max(published, journal.first ?? 0), findings)
    keys.follow(chain.rotations)
    if (watched === null || walk.cutShort) return
    if (agrees(watched) === false) {
      const message = `The log is not the one whose checkpoint at ${watched.head.size} entries was given.`
      findings.add({ kind: 'forked', index: watched.head.size, message })
    } else if (agrees(watched) === null) {
      const message = `The log ends at ${tree.size} entries, but a checkpoint of ${watched.head.size} was given.`
      findings.add({ kind: 'rolled_back', index: tree.size, message })
    }
  }

  /** The checkpoint to go on from, with the newest of the listed keys that signed it. */
  #sinceHead(): (Checkpoint & { readonly key: Verifier }) | null {
    if (this.#options.since === undefined) return null
    const checkpoint = openCheckpoint(this.#options.since, this.#verifiers)
    const signers = verifiedBy(checkpoint.note, this.#verifiers)
    const key = this.#verifiers.findLast((verifier) => signers.includes(verifier)) as Verifier
    return { ...checkpoint, key }
  }

  async #readTrust(): Promise<Trust> {
    const { dir, keyDir, vkey } = this.#options
    const trust = await readTrust(dir, keyDir, vkey)
    this.#verifiers = trust.listed
    this.#signer = trust.signer
    if (trust.held === null && trust.given === null)
      this.#notes.push('No trusted key was given: the log was checked against the keys it names itself.')
    return trust
  }

  /** The newest head that is signed: of the journal, or where that has no frame the published one. */
  async #newestHead(published: Checkpoint | null): Promise<WalkedHead | null> {
    const { dir } = this.#options
    const { size, checkpoint } = (this.#walk as Walk).signed
    const tree = this.#tree as TreeCheck
    if (size > 0 && size >= (published?.size ?? 0)) return walkedHead(dir, tree, this.#recentTiles, checkpoint)
    if (published === null || published.size > tree.size) return null
    const text = await readFile(join(dir, 'checkpoint'), { encoding: 'utf8', flag: READ })
    return walkedHead(dir, tree, this.#recentTiles, text)
  }
}
