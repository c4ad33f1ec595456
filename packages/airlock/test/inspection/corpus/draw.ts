/** Draws letters without a pattern, the same ones for the same seed (mulberry32). */
export class Draw {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * most)
  }

  of(letters: string, count: number): string {
    return Array.from({ length: count }, () => letters[this.below(letters.length)]).join('')
  }

  one<T>(things: readonly T[]): T {
    return things[this.below(things.length)] as T
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)))
  }
}

export const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
export const BASE64URL = `${BASE62}-_`
export const HEX = '0123456789abcdef'
export const UPPER32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
export const DIGITS = '0123456789'
