import { CastellanError, type ToolResource } from '@castellan/contracts'
import type { Provision } from '../sessions/sessions.ts'
import type { Call } from './call.ts'
import type { CallParts } from './path.ts'
import { refuse } from './refuse.ts'

/** What a call is about, and what is set aside for it until its intent is in the ledger. */
export interface Plan extends Provision {
  /** What on the machine it is about, as its tool says. */
  readonly resources: readonly ToolResource[]
}

/**
 * Finds out what on the machine a call is about, holds it to its capability and sets aside what it may spend. Throws
 * `capability_denied`, `budget_exceeded`, and what the tool says where it cannot tell; all but the second are recorded:
 * a spent budget keeps whoever may ask from filling the ledger too.
 */
export async function plan(parts: CallParts, call: Call): Promise<Plan> {
  const resources = await about(parts, call)
  try {
    const provision = parts.sessions.provide(call, resources, {
      ...amountsFor(call, resources),
      wall_ms: call.tool.limits.timeoutMs,
    })
    return { ...provision, resources }
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'capability_denied') throw await refuse(parts, call, error)
    throw error
  }
}

/** A call whose resources are not known cannot be decided, so it goes no further. */
async function about(parts: CallParts, call: Call): Promise<readonly ToolResource[]> {
  try {
    return (await call.tool.resources?.(call.input, parts.host)) ?? []
  } catch (error) {
    if (error instanceof CastellanError) throw await refuse(parts, call, error)
    throw error
  }
}

/**
 * What a call may spend, told before it runs: the files it will change, and as what it may write to them or send to
 * another host the size of its arguments, which is all that whoever asks can put there.
 */
function amountsFor({ args }: Call, resources: readonly ToolResource[]) {
  const changed = resources.filter(({ kind, access }) => kind === 'path' && access === 'write').length
  const leaves = resources.some(({ kind }) => kind === 'host')
  const bytes = changed > 0 || leaves ? Buffer.byteLength(JSON.stringify(args)) : 0
  return { files_touched: changed, bytes_written: changed > 0 ? bytes : 0, egress_bytes: leaves ? bytes : 0 }
}
