const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const HOST_NAME = 0

export type HelloName =
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'name'; readonly name: string }
  /** Not the start of TLS, or without a server's name. */
  | { readonly kind: 'none'; readonly why: string }

/** Largest ClientHello that is waited for, in bytes; those of today have up to 2 KiB. */
export const MAX_HELLO_BYTES = 16 * 1024

/**
 * The server's name in the first bytes of a TLS connection (RFC 8446, sections 4.1.2 and 5.1; RFC 6066, section 3). Reads nothing
 * beyond what is there, whatever the lengths say.
 */
export function helloName(bytes: Buffer): HelloName {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return { kind: 'none', why: 'it does not begin with TLS' }
  const message = handshakeBytes(bytes)
  if (message === undefined) return { kind: 'none', why: 'its TLS records are damaged' }
  if (message.length < 4) return { kind: 'incomplete' }
  if (message[0] !== CLIENT_HELLO) return { kind: 'none', why: 'it does not begin with a ClientHello' }
  const length = message.readUIntBE(1, 3)
  if (length > MAX_HELLO_BYTES) return { kind: 'none', why: 'its ClientHello is too large' }
  if (message.length < 4 + length) return { kind: 'incomplete' }
  const name = nameIn(new Fields(message.subarray(4, 4 + length)))
  return name === undefined ? { kind: 'none', why: 'its ClientHello names no server' } : { kind: 'name', name }
}

/** A handshake message may be spread over several records; their headers are taken out. */
function handshakeBytes(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 3)
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3 || length === 0) return undefined
    parts.push(bytes.subarray(at + 5, at + 5 + length))
    at += 5 + length
  }
  return Buffer.concat(parts)
}

function nameIn(hello: Fields): string | undefined {
  hello.skip(2 + 32)
  hello.vector(1)
  hello.vector(2)
  hello.vector(1)
  const extensions = hello.vector(2)
  while (extensions.left >= 4) {
    const type = extensions.uint(2)
    const content = extensions.vector(2)
    if (type !== SERVER_NAME) continue
    const names = content.vector(2)
    while (names.left > 0) {
      const kind = names.uint(1)
      const name = names.vector(2).text()
      if (kind === HOST_NAME && name !== '') return name.toLowerCase()
    }
    return undefined
  }
  return undefined
}

/** Reads numbers and vectors one after the other; past the end there are only zeros and emptiness. */
class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return Math.max(0, this.#bytes.length - this.#at)
  }

  skip(count: number): void {
    this.#at += count
  }

  uint(size: number): number {
    if (this.left < size) {
      this.#at = this.#bytes.length
      return 0
    }
    const value = this.#bytes.readUIntBE(this.#at, size)
    this.#at += size
    return value
  }

  /** What follows its own length, which takes `size` bytes. */
  vector(size: number): Fields {
    const length = this.uint(size)
    const content = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return new Fields(content)
  }

  text(): string {
    return this.#bytes.toString('latin1')
  }
}
