/** Stands for each byte of a secret that came back. */
const STAND = 0x2a

/**
 * Takes values out of what comes back, in every form that servers give what they were sent back in, and leaves all else, lengths too, as
 * it was. Only bytes that may be the beginning of one are held until the next are there.
 */
export class EchoFilter {
  readonly #needles: readonly Buffer[]
  readonly #longest: number
  #kept: Buffer = Buffer.alloc(0)

  constructor(values: readonly string[]) {
    this.#needles = [...new Set(values.flatMap(formsOf))].map((form) => Buffer.from(form, 'latin1'))
    this.#longest = Math.max(0, ...this.#needles.map((needle) => needle.length))
  }

  /** What can be passed on by now. */
  push(piece: Uint8Array): Buffer {
    const bytes = Buffer.concat([this.#kept, piece])
    this.#blank(bytes)
    const held = this.#heldBack(bytes)
    this.#kept = bytes.subarray(bytes.length - held)
    return bytes.subarray(0, bytes.length - held)
  }

  /** What was held to the end. */
  flush(): Buffer {
    const rest = this.#kept
    this.#kept = Buffer.alloc(0)
    return rest
  }

  text(value: string): string {
    const bytes = Buffer.from(value, 'latin1')
    this.#blank(bytes)
    return bytes.toString('latin1')
  }

  #blank(bytes: Buffer): void {
    for (const needle of this.#needles) {
      for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + needle.length)) {
        bytes.fill(STAND, at, at + needle.length)
      }
    }
  }

  /** The longest end that is the beginning of a value. */
  #heldBack(bytes: Buffer): number {
    for (let length = Math.min(this.#longest - 1, bytes.length); length > 0; length--) {
      const end = bytes.subarray(bytes.length - length)
      if (this.#needles.some((needle) => needle.length > length && needle.subarray(0, length).equals(end)))
        return length
    }
    return 0
  }
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  // Base64 of a longer text has the value at one of three places; the letters at its edges also hold what is beside it.
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const whole = Math.floor(((shift + bytes.length) * 8) / 6)
    return text.slice(Math.ceil((shift * 8) / 6), whole)
  })
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('hex'),
    ...base64,
    ...url,
  ]
}
