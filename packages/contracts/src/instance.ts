import { z } from 'zod'
import { Timestamp } from './ids.ts'

/** How programs find a running instance: one line of `npm start --json`, and `run.json` in the state folder (mode 0600). */
export const Instance = z.strictObject({
  url: z.url(),
  /** File (mode 0600) that holds the owner's bearer token, nothing else. */
  tokenFile: z.string(),
  agentSocket: z.string(),
  operatorSocket: z.string(),
  /** `airlock-operator.sock` beside operator.sock without it. */
  airlockOperatorSocket: z.string().optional(),
  /** `airlock.sock` beside airlock-operator.sock without it. */
  airlockSocket: z.string().optional(),
  /** `engine.sock` beside operator.sock without it. */
  engineSocket: z.string().optional(),
  /** Process id of the supervisor; 1 where that is systemd. */
  pid: z.int(),
})
export type Instance = z.infer<typeof Instance>

/**
 * Beside the file with the owner's token, mode 0600, while a rotation's overlap lasts: the token before it, which the gateway
 * and agentd take until then. Written before the new token is, so that there is no moment in which neither is good.
 */
export const PreviousToken = z.strictObject({ token: z.string(), valid_until: Timestamp })
export type PreviousToken = z.infer<typeof PreviousToken>

/** Where {@link PreviousToken} is kept, as JSON. */
export function previousTokenFile(tokenFile: string): string {
  return `${tokenFile}.previous`
}
