/** Fewer bytes than this say nothing about how they are distributed. */
export const LEAST_ENTROPY_BYTES = 4096

/** Shannon entropy of a chunk's bytes, in bits a byte: 0 for one byte again and again, 8 for noise. Four tables, because one would wait for itself. */
export class Entropy {
  readonly #tables = [0, 1, 2, 3].map(() => new Uint32Array(256)) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ]

  of(bytes: Uint8Array): number {
    const [a, b, c, d] = this.#tables
    for (const table of this.#tables) table.fill(0)
    const whole = bytes.length & ~3
    for (let index = 0; index < whole; index += 4) {
      a[bytes[index] as number] = (a[bytes[index] as number] as number) + 1
      b[bytes[index + 1] as number] = (b[bytes[index + 1] as number] as number) + 1
      c[bytes[index + 2] as number] = (c[bytes[index + 2] as number] as number) + 1
      d[bytes[index + 3] as number] = (d[bytes[index + 3] as number] as number) + 1
    }
    for (let index = whole; index < bytes.length; index++) {
      a[bytes[index] as number] = (a[bytes[index] as number] as number) + 1
    }
    let bits = 0
    for (let value = 0; value < 256; value++) {
      const count = (a[value] as number) + (b[value] as number) + (c[value] as number) + (d[value] as number)
      if (count > 0) bits -= (count / bytes.length) * Math.log2(count / bytes.length)
    }
    return bits
  }
}
