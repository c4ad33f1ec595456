import { hash } from 'node:crypto'
import type { LedgerEntry } from '@castellan/contracts'
import { genesisHash } from '../entry/leaf.ts'
import { isTombstone } from '../entry/tombstone.ts'
import { type TextHash, TextHasher } from '../merkle/text-hasher.ts'
import type { Finding, Findings } from './findings.ts'
import { type Header, readHeader } from './header.ts'
import { IndexRanges } from './ranges.ts'

/** An entry as it lies in the log. */
export interface RawEntry {
  readonly leaf: Buffer
  /** Empty where there is none, null where its bundle cannot be read. */
  readonly payload: Buffer | null
  /** The leaf hash that a hash tile holds; absent in the journal, where the signed root alone speaks. */
  readonly expected?: TextHash | undefined
  readonly file: string
  /** What another thread has made of it already. */
  readonly hashed?: HashedEntry | undefined
}

/** Leaf hash and payload digest of an entry; as hex where they are compared with what entries say. */
export interface HashedEntry {
  readonly leaf: TextHash
  readonly leafHex: string
  /** Empty where there is no payload (any more). */
  readonly payloadHex: string
}

/** Damage to a range of entries or payloads, unless a later gap entry accounts for it. */
export interface Suspect {
  readonly first: number
  readonly last: number
  readonly what: 'entries' | 'payloads'
  readonly finding: Finding
}

/** An entry and its tile that disagree; the next entry's chain hash tells which of them was changed. */
interface Mismatch {
  readonly index: number
  readonly file: string
  /** Hex. */
  readonly entryHash: string
}

/**
 * Follows the entries one by one: chain hash, index, time, intent and outcome, payload digest. Memory: one number for
 * each open intent, one range for each run of missing payloads.
 */
export class ChainCheck {
  readonly openIntents = new Set<number>()
  /** The log's own `key_rotated` entries. */
  readonly rotations: { index: number; facts: NonNullable<LedgerEntry['facts']> }[] = []
  readonly #findings: Findings
  readonly #missingPayloads = new IndexRanges()
  readonly #suspects: Suspect[] = []
  /** Ranges that erasures, pruning and repairs account for. */
  readonly #goneEntries: [number, number][] = []
  readonly #gonePayloads: [number, number][] = []
  /** Entries below were not seen; their intents are taken to be open. */
  readonly #from: number
  readonly #hasher = new TextHasher()
  /** Leaf hash of the entry before, hex; null where that is not known. */
  #prev: string | null
  #time = 0
  #mismatch: Mismatch | null = null
  /** An entry that names another predecessor than the one before it. */
  #unlinked: { readonly index: number; readonly file: string } | null = null

  constructor(findings: Findings, origin: string, from: number) {
    this.#findings = findings
    this.#from = from
    this.#prev = from === 0 ? genesisHash(origin).toString('hex') : null
  }

  /** Whether every entry so far could be read. */
  get complete(): boolean {
    return this.#from === 0 && !this.#suspects.some(({ what }) => what === 'entries')
  }

  get erasedPayloads(): number {
    return this.#missingPayloads.count
  }

  /** Whether payloads are gone or damaged that no entry so far accounts for. */
  get missesPayloads(): boolean {
    const gone = [...this.#gonePayloads, ...this.#goneEntries]
    return (
      this.#suspects.some((suspect) => suspect.what === 'payloads' && !covered(suspect, gone)) ||
      this.#missingPayloads.without(gone).length > 0
    )
  }

  /** Entries lost to damage that a repair put on record. */
  get gaps(): number {
    return this.#goneEntries.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }

  /** Checks entry `index`; returns the leaf hash that the tree is to hold, right even where the entry is not. */
  take(index: number, { leaf, payload, expected, file, hashed }: RawEntry): TextHash {
    const lost = isTombstone(leaf)
    const hash = lost ? leaf.toString('latin1', 1) : (hashed?.leaf ?? this.#hasher.leaf(leaf))
    if (expected !== undefined && hash !== expected) {
      this.#settle(null)
      this.#mismatch = { index, file, entryHash: hexOf(hash) }
      this.#prev = null
      return expected
    }
    if (lost) {
      const message = `Entry ${index} is lost, and no gap entry says so.`
      this.suspect({
        first: index,
        last: index,
        what: 'entries',
        finding: { kind: 'altered', subject: 'entry', index, file, message },
      })
      this.skip(hash)
      return hash
    }
    const header = this.#parse(index, leaf, file)
    this.#settle(header?.prev ?? null)
    this.#blame(header?.prev ?? null)
    if (header !== null) {
      this.#checkHeader(index, header, file)
      this.#checkPayload(index, header, payload, hashed?.payloadHex, file)
      this.#account(index, header)
    }
    this.#prev = hashed?.leafHex ?? hexOf(hash)
    return hash
  }

  /** Passes over an entry that cannot be read, of which the tree knows the hash. */
  skip(hash: TextHash): void {
    this.#settle(null)
    this.#prev = hexOf(hash)
  }

  /** Notes damage that counts unless the log itself puts it on record further on. */
  suspect(suspect: Suspect): void {
    this.#suspects.push(suspect)
  }

  /**
   * What only the whole log can tell: damage that no gap entry accounts for, payloads gone without a word. Where its end is
   * known to be missing (`whole` is false), what puts an erasure on record may be, too: such payloads are only counted.
   */
  finish(whole = true): void {
    this.#settle(null)
    this.#blame(null)
    for (const suspect of this.#suspects) {
      const gone = suspect.what === 'entries' ? this.#goneEntries : [...this.#gonePayloads, ...this.#goneEntries]
      if (!covered(suspect, gone)) this.#findings.add(suspect.finding)
    }
    if (!whole) return
    for (const [first, last] of this.#missingPayloads.without([...this.#gonePayloads, ...this.#goneEntries])) {
      const which = first === last ? `entry ${first}` : `entries ${first} to ${last}`
      this.#findings.add({
        kind: 'missing',
        subject: 'payload',
        index: first,
        message: `The payload of ${which} is gone, and no entry says that it was erased.`,
      })
    }
  }

  /** Judges a broken link by the one after it: an entry that its successor knows was not changed, so it was the one before. */
  #blame(next: string | null): void {
    const unlinked = this.#unlinked
    if (unlinked === null) return
    this.#unlinked = null
    const { index, file } = unlinked
    const whole = this.#prev === null || next === null || next === this.#prev
    const message = whole
      ? `Entry ${index - 1} is not as written: entry ${index} names another hash of it.`
      : `Entry ${index} does not follow the entry before it: its chain hash is another.`
    this.#altered('entry', whole ? index - 1 : index, file, message)
  }

  /** Judges an earlier mismatch by what the entry after it names as its predecessor. */
  #settle(next: string | null): void {
    const mismatch = this.#mismatch
    if (mismatch === null) return
    this.#mismatch = null
    const { index, file, entryHash } = mismatch
    if (next !== entryHash) {
      const message = `Entry ${index} is not as written: its hash is not the one in the tree.`
      const finding: Finding = { kind: 'altered', subject: 'entry', index, file, message }
      this.suspect({ first: index, last: index, what: 'entries', finding })
      return
    }
    const tile = file.replace('tile/entries/', 'tile/0/')
    this.#altered(
      'tile',
      index,
      tile,
      `The hash tile is not as written: it holds another hash for entry ${index} than the entry has.`,
    )
  }

  #parse(index: number, leaf: Buffer, file: string): Header | null {
    try {
      return readHeader(leaf)
    } catch {
      this.#altered('entry', index, file, `Entry ${index} is not JSON.`)
      return null
    }
  }

  #checkHeader(index: number, header: Header, file: string): void {
    if (header.index !== index) {
      this.#altered('entry', index, file, `Entry ${header.index} lies where entry ${index} belongs.`)
    } else if (this.#prev !== null && header.prev !== this.#prev) {
      this.#unlinked = { index, file }
    }
    if (header.time < this.#time && header.type !== 'clock_set') {
      const back = `${((this.#time - header.time) / 1000).toFixed(3)} s`
      this.#findings.add({
        kind: 'clock',
        index,
        file,
        message: `Time goes back by ${back} at entry ${index}, and no clock_set entry says why.`,
      })
    }
    this.#time = header.time
    if (header.type === 'intent') this.openIntents.add(index)
    if (header.intent === undefined || this.openIntents.delete(header.intent)) return
    if (header.intent < this.#from || this.#isSuspect(header.intent)) return
    this.#findings.add({
      kind: 'pairing',
      index,
      file,
      message: `Entry ${index} closes entry ${header.intent}, which is no open intent.`,
    })
  }

  #checkPayload(index: number, header: Header, payload: Buffer | null, digest: string | undefined, file: string): void {
    if (payload === null && digest === undefined) return
    const found = digest ?? (payload?.length ? hash('sha256', payload, 'hex') : '')
    if (found === (header.payload ?? '')) return
    if (found === '') {
      this.#missingPayloads.add(index)
      return
    }
    const where = file.replace('tile/entries/', 'payload/')
    const message = `The payload of entry ${index} is not as written: the entry names another digest.`
    const finding: Finding = { kind: 'altered', subject: 'payload', index, file: where, message }
    this.suspect({ first: index, last: index, what: 'payloads', finding })
  }

  #account(index: number, { type, target, facts = {} }: Header): void {
    const range: [number, number] = [Number(facts.first ?? target), Number(facts.last ?? target)]
    if (type === 'payload_erased' || type === 'payloads_pruned') this.#gonePayloads.push(range)
    if (type === 'gap' && facts.lost === 'payloads') this.#gonePayloads.push(range)
    if (type === 'gap' && facts.lost === 'entries') this.#goneEntries.push(range)
    if (type === 'key_rotated') this.rotations.push({ index, facts })
  }

  #isSuspect(index: number): boolean {
    return this.#suspects.some(({ first, last, what }) => what === 'entries' && first <= index && index <= last)
  }

  #altered(subject: 'entry' | 'tile', index: number, file: string, message: string): void {
    this.#findings.add({ kind: 'altered', subject, index, file, message })
  }
}

function covered({ first, last }: Suspect, ranges: readonly [number, number][]): boolean {
  return ranges.some(([from, to]) => from <= first && last <= to)
}

function hexOf(text: TextHash): string {
  return Buffer.from(text, 'latin1').toString('hex')
}
