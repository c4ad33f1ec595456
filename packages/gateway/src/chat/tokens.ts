import type { EngineMessage } from '@castellan/contracts'

/** JSON and most languages come to about this many bytes a token; a model’s own count is used wherever there is one. */
const BYTES_PER_TOKEN = 3

/** About how many tokens a text is. */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
}

/** About how many tokens a message is for a model. */
export function tokensOfMessage(message: EngineMessage): number {
  return tokensOf(JSON.stringify(message))
}
