import type { Firewall } from '../firewall.ts'
import type { KernelParameters } from '../kernel-parameters.ts'
import type { Listener } from '../network.ts'

/** How one check came out. `unknown`: this agentd may not or cannot look. `not_applicable`: there is nothing to harden. */
export type Outcome = 'pass' | 'fail' | 'unknown' | 'not_applicable'

export interface Finding {
  readonly outcome: Outcome
  /** What was found, one sentence. */
  readonly found: string
}

/** What checks look with. */
export interface Ground {
  readonly kernel: Pick<KernelParameters, 'value'>
  readonly listeners: (signal: AbortSignal) => Promise<readonly Listener[]>
  readonly firewall: (signal: AbortSignal) => Promise<Firewall>
  readonly signal: AbortSignal
}

/** One thing about a host that makes it harder or easier to take. */
export interface HardeningCheck {
  readonly id: string
  readonly title: string
  /** 3 opens the door, 2 helps whoever is inside, 1 is depth. */
  readonly weight: 1 | 2 | 3
  /** What to do where it fails. */
  readonly advice: string
  readonly look: (ground: Ground) => Promise<Finding>
}

export const pass = (found: string): Finding => ({ outcome: 'pass', found })
export const fail = (found: string): Finding => ({ outcome: 'fail', found })
export const unknown = (found: string): Finding => ({ outcome: 'unknown', found })
export const notApplicable = (found: string): Finding => ({ outcome: 'not_applicable', found })

/** `fail` with what is wrong, or `pass` where nothing is. */
export function noneOf(wrong: readonly string[], good: string): Finding {
  return wrong.length === 0
    ? pass(good)
    : fail(`${wrong.slice(0, 8).join('; ')}${wrong.length > 8 ? `; ${wrong.length - 8} more` : ''}.`)
}
