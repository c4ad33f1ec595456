import { createHash, createPublicKey, verify } from 'node:crypto'
import { type Attestation, attestationText } from '@castellan/contracts'

/** TPM_GENERATED_VALUE, TPM_ST_ATTEST_QUOTE and TPM_ALG_SHA256 (TPM 2.0 Library, part 2, sections 6.2, 6.9 and 6.3). */
const GENERATED = 0xff544347
const QUOTE = 0x8018
const SHA256 = 0x000b

/** What a quote says: TPMS_ATTEST (part 2, 10.12.12) with TPMS_QUOTE_INFO (10.12.4). */
export interface Quote {
  readonly extraData: Buffer
  readonly resetCount: number
  readonly pcrs: readonly number[]
  readonly pcrDigest: Buffer
}

/** Reads what the TPM signed. Throws where it is no quote over SHA-256 registers. */
export function parseQuote(message: Buffer): Quote {
  const reader = new Reader(message)
  if (reader.number(4) !== GENERATED) throw new Error('it was not made within a TPM')
  if (reader.number(2) !== QUOTE) throw new Error('it is no quote')
  reader.sized()
  const extraData = reader.sized()
  reader.skip(8)
  const resetCount = reader.number(4)
  reader.skip(4 + 1 + 8)
  if (reader.number(4) !== 1 || reader.number(2) !== SHA256)
    throw new Error('it is not over the SHA-256 registers alone')
  const bits = reader.take(reader.number(1))
  const pcrs = [...bits].flatMap((byte, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (1 << bit)).map((bit) => at * 8 + bit),
  )
  const pcrDigest = reader.sized()
  if (!reader.atEnd) throw new Error('something stands after it')
  return { extraData, resetCount, pcrs, pcrDigest }
}

/**
 * Whether a quote is what it claims: signed by the key given, over this nonce, this running set and these registers. Needs no TPM.
 * Answers what is wrong, a sentence; null where nothing is. Whether the key belongs to a TPM, and the registers are the right ones, is
 * for whoever knows the machine: compare them with those of an earlier quote.
 */
export function quoteProblem(
  attestation: Attestation,
  nonce: string,
  publicKey = attestation.public_key,
): string | null {
  if (attestation.nonce !== nonce) return 'The quote is for another nonce: it was made for somebody else, or before.'
  const message = Buffer.from(attestation.message, 'base64')
  try {
    const key = createPublicKey(publicKey)
    if (key.asymmetricKeyType !== 'ec') return 'The key is no ECDSA key.'
    if (!verify('sha256', message, key, Buffer.from(attestation.signature, 'base64'))) {
      return 'The signature is not by this key over this quote.'
    }
    const quote = parseQuote(message)
    const expected = createHash('sha256').update(attestationText(nonce, attestation.set)).digest()
    if (!quote.extraData.equals(expected))
      return 'The quote is over another nonce or another running set than it is shown with.'
    const numbers = Object.keys(attestation.pcrs)
      .map(Number)
      .sort((left, right) => left - right)
    if (numbers.join() !== quote.pcrs.join()) return 'The quote is over other registers than it is shown with.'
    if (!quote.pcrDigest.equals(Buffer.from(pcrDigest(attestation.pcrs), 'hex')))
      return 'The registers are not those of the quote.'
    return null
  } catch (error) {
    return `The quote cannot be read: ${error instanceof Error ? error.message : String(error)}.`
  }
}

/** SHA-256 over the registers in order, hex: what a quote carries. */
export function pcrDigest(pcrs: Attestation['pcrs']): string {
  const hash = createHash('sha256')
  const numbers = Object.keys(pcrs)
    .map(Number)
    .sort((left, right) => left - right)
  for (const number of numbers) hash.update(Buffer.from(pcrs[String(number)] as string, 'hex'))
  return hash.digest('hex')
}

/** Big-endian, as everything of a TPM. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new Error('it is cut off')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  number(bytes: 1 | 2 | 4): number {
    return this.take(bytes).readUIntBE(0, bytes)
  }

  /** A TPM2B: its length, then itself. */
  sized(): Buffer {
    return this.take(this.number(2))
  }

  skip(length: number): void {
    this.take(length)
  }
}
