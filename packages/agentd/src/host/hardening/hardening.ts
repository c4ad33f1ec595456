import { CastellanError } from '@castellan/contracts'
import { accessChecks } from './access.ts'
import type { Finding, Ground, HardeningCheck } from './check.ts'
import { networkChecks } from './network.ts'
import { systemChecks } from './system.ts'

export const hardeningChecks: readonly HardeningCheck[] = [...accessChecks, ...networkChecks, ...systemChecks]

export interface CheckedHardening {
  readonly check: HardeningCheck
  readonly finding: Finding
}

/** How hard this host is to take, by looking. Nothing is tried and nothing changed. */
export class Hardening {
  readonly #ground: Omit<Ground, 'signal'>

  constructor(ground: Omit<Ground, 'signal'>) {
    this.#ground = ground
  }

  /** Every check, in order. One that fails to look is `unknown`. */
  async check(signal: AbortSignal): Promise<CheckedHardening[]> {
    return Promise.all(
      hardeningChecks.map(async (check) => {
        try {
          return { check, finding: await check.look({ ...this.#ground, signal }) }
        } catch (error) {
          signal.throwIfAborted()
          const why = error instanceof CastellanError ? error.message : 'It could not be looked at.'
          return { check, finding: { outcome: 'unknown' as const, found: why } }
        }
      }),
    )
  }
}

/** 0 to 100: the weight of what passed in what passed or failed. Null where nothing could be judged. */
export function scoreOf(checked: readonly CheckedHardening[]): number | null {
  const weigh = (outcome: Finding['outcome']) =>
    checked.filter(({ finding }) => finding.outcome === outcome).reduce((sum, { check }) => sum + check.weight, 0)
  const [passed, failed] = [weigh('pass'), weigh('fail')]
  return passed + failed === 0 ? null : Math.round((passed / (passed + failed)) * 100)
}
