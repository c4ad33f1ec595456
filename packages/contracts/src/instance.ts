import { z } from 'zod'

/** How programs find a running instance: one line of `npm start --json`, and `run.json` in the state folder (mode 0600). */
export const Instance = z.strictObject({
  url: z.url(),
  /** File (mode 0600) that holds the owner's bearer token, nothing else. */
  tokenFile: z.string(),
  agentSocket: z.string(),
  operatorSocket: z.string(),
  /** Process id of the supervisor. */
  pid: z.int(),
})
export type Instance = z.infer<typeof Instance>
