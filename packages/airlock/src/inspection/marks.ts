import type { EgressMark } from '@castellan/contracts'
import { fold, markHash, rollingOf } from '@castellan/daemon'
import type { Report } from './finding.ts'

export type MarkClass = 'secret' | 'canary'

/** Marks of one size, ready to be looked for. */
interface Sieve {
  readonly size: number
  /** What each byte weighs when it leaves the window: its value times the base to the power of the size. */
  readonly leaving: Int32Array
  readonly near: Uint8Array
  readonly classes: ReadonlyMap<string, MarkClass>
}

/** Values that must not leave, known by marks only. */
export class Marks {
  readonly #key: Uint8Array
  readonly #base: number
  readonly #bySource = new Map<string, { readonly class: MarkClass; readonly marks: readonly EgressMark[] }>()
  #sieves: readonly Sieve[] = []

  constructor(key: Uint8Array) {
    this.#key = key
    this.#base = rollingOf(key).base
  }

  get key(): Uint8Array {
    return this.#key
  }

  get size(): number {
    return [...this.#bySource.values()].reduce((sum, { marks }) => sum + marks.length, 0)
  }

  /** Puts these in the place of what the source gave before. */
  set(source: string, of: MarkClass, marks: readonly EgressMark[]): void {
    if (marks.length === 0) this.#bySource.delete(source)
    else this.#bySource.set(source, { class: of, marks })
    this.#sieves = this.#build()
  }

  /** Reports pieces of such values in a text, whose characters are bytes. */
  find(text: string, report: Report): void {
    if (this.#sieves.length === 0) return
    const bytes = Buffer.from(text, 'latin1')
    for (const sieve of this.#sieves) this.#sift(sieve, bytes, report)
  }

  #sift({ size, leaving, near, classes }: Sieve, bytes: Buffer, report: Report): void {
    const base = this.#base
    let sum = 0
    for (let at = 0; at < bytes.length; at++) {
      sum = (Math.imul(sum, base) + (bytes[at] as number) + 1) | 0
      if (at >= size) sum = (sum - (leaving[bytes[at - size] as number] as number)) | 0
      if (at < size - 1) continue
      const folded = fold(sum)
      if (((near[folded >> 3] as number) & (1 << (folded & 7))) === 0) continue
      const start = at + 1 - size
      const of = classes.get(markHash(this.#key, bytes.subarray(start, at + 1)))
      if (of !== undefined) report({ class: of, kind: of === 'canary' ? 'canary' : 'kept_secret', start, end: at + 1 })
    }
  }

  #build(): Sieve[] {
    const sieves = new Map<number, { near: Uint8Array; classes: Map<string, MarkClass> }>()
    for (const { class: of, marks } of this.#bySource.values()) {
      for (const { size, near, hash } of marks) {
        const sieve = sieves.get(size) ?? { near: new Uint8Array(8192), classes: new Map<string, MarkClass>() }
        sieve.near[near >> 3] = (sieve.near[near >> 3] as number) | (1 << (near & 7))
        sieve.classes.set(hash, of)
        sieves.set(size, sieve)
      }
    }
    return [...sieves].map(([size, { near, classes }]) => {
      let power = 1
      for (let count = 0; count < size; count++) power = Math.imul(power, this.#base)
      return { size, leaving: Int32Array.from({ length: 256 }, (_, byte) => Math.imul(power, byte + 1)), near, classes }
    })
  }
}
