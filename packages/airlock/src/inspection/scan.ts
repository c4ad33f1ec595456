import type { InspectionClass } from '@castellan/contracts'
import { isCompressed, isMedia, isText, isVaried, TooMuch, unfold } from './decode/bytes.ts'
import { type Origin, unescapeText } from './decode/escapes.ts'
import { base64Runs, type Encoded, otherRuns } from './decode/runs.ts'
import { turnedTexts } from './decode/turned.ts'
import { fromWide } from './decode/wide.ts'
import { type Window, windowsOf } from './decode/windows.ts'
import { Words } from './decode/words.ts'
import { binaryKey, findBlocks } from './detect/blocks.ts'
import { findRandom } from './detect/entropy.ts'
import { findFields } from './detect/fields.ts'
import { findCertainKeys, findKeys } from './detect/keys.ts'
import type { Finding, Hit, Place, Span } from './finding.ts'
import type { Marks } from './marks.ts'
import { findContacts, findPersonal } from './personal/find.ts'

/** Encodings inside of encodings, and escapes inside of escapes. */
const MAX_DEPTH = 6
const MAX_LAYERS = 5
/** All that is looked at for one request, unfolded and decoded, in bytes. */
const MAX_SCANNED = 96 * 1024 * 1024
/** And how much of it may come out of compression. */
const MAX_UNFOLDED = 32 * 1024 * 1024
/** Texts up to this size are also looked at without spaces and backwards. */
const SMALL = 64 * 1024
/** Attempts to read bytes without a mark as brotli or bare deflate. */
const MAX_GUESSES = 24
const MIN_GUESSED = 30

/** A part of a request to look at. */
export interface Part {
  readonly place: Place
  readonly name?: string
  /** Its bytes as Latin-1, or text. */
  readonly text: string
  /** Where random strings belong: boundaries, tags, identifiers. */
  readonly spareRandom?: boolean
  /** Whether what is found cannot be cut out. */
  readonly whole?: boolean
  /** Other parts put together: what was found in one of them is not told again. */
  readonly together?: boolean
  /** Looked at only for what is encoded in it and for forms of keys: the same text is looked at in another reading, too. */
  readonly codedOnly?: boolean
}

/**
 * Looks at one part in every form it can be read in, for the classes that are wanted. It is a generator so that who drives it can let others have their turn: it gives
 * way after each text.
 */
export function* scanPart(
  part: Part,
  marks: Marks,
  wanted: ReadonlySet<InspectionClass>,
  findings: Finding[],
): Generator<void, void, void> {
  const scan = new Scan(part, marks, wanted, findings)
  try {
    const bytes = part.place === 'body' ? Buffer.from(part.text, 'latin1') : undefined
    if (bytes === undefined || (isText(bytes) && fromWide(bytes) === undefined))
      yield* scan.text(part.text, 0, (span) => span)
    else yield* scan.bytes(bytes, 0, undefined)
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    scan.unreadable('unfolds_to_too_much')
  }
  scan.finish()
}

class Scan {
  readonly #part: Part
  readonly #marks: Marks
  readonly #wanted: ReadonlySet<InspectionClass>
  readonly #words = new Words()
  readonly #findings: Finding[]
  readonly #found: { readonly hit: Hit; readonly span: Span | undefined }[] = []
  readonly #seen = new Set<string>()
  #left = MAX_SCANNED
  #unfolds = MAX_UNFOLDED
  #guesses = MAX_GUESSES

  constructor(part: Part, marks: Marks, wanted: ReadonlySet<InspectionClass>, findings: Finding[]) {
    this.#part = part
    this.#wanted = wanted
    this.#marks = marks
    this.#findings = findings
  }

  /** `origin` leads from this text to the part's own; undefined where all of the part stands for it. */
  *text(text: string, depth: number, origin: Origin | undefined): Generator<void, void, void> {
    if (this.#seen.has(text)) return
    this.#seen.add(text)
    let layer = text
    let back = origin
    for (let count = 0; ; count++) {
      this.#spend(layer.length)
      const plain = count < MAX_LAYERS ? unescapeText(layer) : undefined
      // What is large and has escapes is looked at without them only: what is there to be found is there, too.
      if (plain === undefined || layer.length <= SMALL) {
        for (const window of windowsOf(layer)) {
          this.#detect(window, back, plain === undefined)
          yield
        }
      }
      if (plain === undefined) break
      const before = back
      back = before === undefined ? undefined : (span) => before(plain.origin(span))
      layer = plain.text
    }
    yield* this.#runs(layer, depth, back)
    if (layer.length <= SMALL && depth <= 1) yield* this.#turned(layer)
  }

  *bytes(bytes: Buffer, depth: number, span: Span | undefined): Generator<void, void, void> {
    if (depth > MAX_DEPTH) return this.unreadable('nested_too_deeply')
    const origin: Origin | undefined = span === undefined ? undefined : () => span
    const kind = binaryKey(bytes)
    if (kind !== undefined) this.#report({ class: 'credential', kind, start: 0, end: bytes.length }, origin)
    const wide = fromWide(bytes)
    if (wide !== undefined) return yield* this.text(wide, depth, origin)
    if (isText(bytes)) return yield* this.text(bytes.toString('latin1'), depth, origin)
    this.#spend(bytes.length)
    const guess = !isMedia(bytes) && this.#guesses > 0
    if (guess && !isCompressed(bytes)) this.#guesses -= 1
    for (const inner of unfold(bytes, this.#unfolds, guess)) {
      this.#unfolds -= inner.length
      if (this.#unfolds < 0) throw new TooMuch()
      yield* this.bytes(inner, depth + 1, span)
    }
    const raw = bytes.toString('latin1')
    findKeys(raw, this.#words.of(raw), (hit) => this.#report(hit, origin))
    findBlocks(raw, (hit) => this.#report(hit, origin))
    this.#marks.find(raw, (hit) => this.#report(hit, origin))
    // A file may hold text among what is none: forms, archives, messages.
    if (depth === 0) yield* this.#runs(raw, depth, origin)
    yield
  }

  unreadable(kind: string): void {
    this.#report({ class: 'unreadable', kind, start: 0, end: 0 }, undefined)
  }

  /** Random strings are told only where nothing else was seen. */
  finish(): void {
    const { place, name, whole = false } = this.#part
    const told = this.#found.filter(({ hit }) => hit.class !== 'entropy')
    const covers = (span: Span | undefined): boolean =>
      told.some(
        ({ span: other }) =>
          span !== undefined && other !== undefined && other.start < span.end && span.start < other.end,
      )
    for (const { hit, span } of this.#found) {
      if (hit.class === 'entropy' && (told.some(({ span: other }) => other === undefined) || covers(span))) continue
      this.#findings.push({
        class: hit.class,
        kind: hit.kind,
        place,
        ...(name === undefined ? {} : { name }),
        span: whole ? undefined : span,
      })
    }
  }

  /** Only without any escapes it shows where words begin, and so what was drawn at random. */
  #detect({ text, start, from }: Window, origin: Origin | undefined, isLast: boolean): void {
    const report = (hit: Hit): void => {
      // What begins before that was seen in the window before.
      if (hit.end <= from) return
      this.#report({ ...hit, start: hit.start + start, end: hit.end + start }, origin)
    }
    const { codedOnly = false, spareRandom = false } = this.#part
    const words = this.#words.of(text)
    findKeys(text, words, report)
    this.#marks.find(text, report)
    if (codedOnly) return
    findBlocks(text, report)
    findFields(text, report)
    if (this.#wanted.has('personal')) findPersonal(text, report)
    if (this.#wanted.has('contact')) findContacts(text, report)
    if (isLast && !spareRandom && this.#wanted.has('entropy'))
      findRandom(text, words, (bytes) => this.#makesSense(bytes), report)
  }

  *#runs(text: string, depth: number, origin: Origin | undefined): Generator<void, void, void> {
    const accept = (bytes: Buffer): boolean => this.#makesSense(bytes) || this.#mayUnfold(bytes)
    const words = this.#words.of(text)
    for (const run of base64Runs(text, words, accept)) yield* this.#run(run, depth, origin)
    for (const run of otherRuns(text, words, (bytes) => this.#makesSense(bytes))) yield* this.#run(run, depth, origin)
  }

  *#run({ bytes, start, end }: Encoded, depth: number, origin: Origin | undefined): Generator<void, void, void> {
    yield* this.bytes(bytes, depth + 1, origin?.({ start, end }))
  }

  #makesSense(bytes: Buffer): boolean {
    return (
      isText(bytes) ||
      isCompressed(bytes) ||
      isMedia(bytes) ||
      fromWide(bytes) !== undefined ||
      binaryKey(bytes) !== undefined
    )
  }

  /** Without a mark of its own only trying tells. */
  #mayUnfold(bytes: Buffer): boolean {
    if (this.#guesses <= 0 || bytes.length < MIN_GUESSED || !isVaried(bytes)) return false
    this.#guesses -= 1
    for (const _text of unfold(bytes, this.#unfolds, true)) return true
    return false
  }

  /** Taken apart, turned round, shifted by thirteen letters; and what was written in base64 before that was done to it. */
  *#turned(text: string): Generator<void, void, void> {
    const whole = { start: 0, end: text.length }
    const told = (kind: string): boolean => this.#found.some(({ hit }) => hit.kind === kind)
    const look = (each: string): boolean => {
      const kind = findCertainKeys(each)
      if (kind !== undefined && !told(kind)) this.#report({ class: 'credential', kind, ...whole }, undefined)
      this.#marks.find(each, (hit) => {
        if (!told(hit.kind)) this.#report({ ...hit, ...whole }, undefined)
      })
      return false
    }
    for (const each of turnedTexts(text)) {
      look(each)
      for (const _ of base64Runs(each, this.#words.of(each), (bytes) => look(bytes.toString('latin1'))));
      yield
    }
  }

  #report(hit: Hit, origin: Origin | undefined): void {
    this.#found.push({ hit, span: origin?.(hit) })
  }

  #spend(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) throw new TooMuch()
  }
}
