import type { EngineMessage } from '@castellan/contracts'
import { fence } from '@castellan/screening'
import type { Engine } from '../engines/engine.ts'

/** What a model elsewhere is told in the place of a secret result. */
const WITHHELD =
  'The call was made. Its result holds secrets of this machine, so it was shown to the owner and not sent to you; go on without it.'

/** What stands in the conversation for the words of such a result. */
export const SHOWN_TO_OWNER = 'The result was shown to the owner.'

/**
 * The message as the engine may see it: a result that must not leave the machine is told to nobody outside, and what others may have
 * written stands within a fence. The engine on this machine makes its own, because the built-in model reads results as they are.
 */
export function forEngine<Message extends EngineMessage>(message: Message, { host }: Pick<Engine, 'host'>): Message {
  if (host === null || message.role !== 'tool') return message
  if (message.secret === true) return { ...message, summary: WITHHELD, result: null }
  const { untrusted, name, call_id, result } = message
  if (untrusted === undefined || result === null) return message
  return { ...message, result: fence(JSON.stringify(result), { source: name, nonce: call_id, screening: untrusted }) }
}
