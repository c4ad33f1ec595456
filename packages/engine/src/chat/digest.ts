import { createHash } from 'node:crypto'
import type { Token } from 'node-llama-cpp'

/** SHA-256 over tokens, 4 bytes each, little endian; hex. */
export function tokensDigest(tokens: readonly Token[]): string {
  return createHash('sha256')
    .update(new Uint8Array(Uint32Array.from(tokens).buffer))
    .digest('hex')
}
