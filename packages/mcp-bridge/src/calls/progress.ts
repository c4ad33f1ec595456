import type { ToolProgress } from '@castellan/contracts'
import type { ServerContext } from '@modelcontextprotocol/server'

/** Least step where a tool cannot tell how far it is: the protocol wants every value above the last. */
const STEP = 0.01

/** Tells the client how far a call is, or undefined where the client did not ask for it. */
export function progressOf({ mcpReq }: ServerContext): ((progress: ToolProgress) => void) | undefined {
  const token = mcpReq._meta?.progressToken
  if (token === undefined) return undefined
  let last = -STEP
  return ({ message, done, total }) => {
    last = done !== undefined && done > last ? done : last + STEP
    const params = { progressToken: token, progress: last, message, ...(total === undefined ? {} : { total }) }
    // Progress that cannot be delivered is no reason for anything; the answer tells.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
}
