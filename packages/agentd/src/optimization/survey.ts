import { CastellanError } from '@castellan/contracts'
import type { Ground, Look, LookedAt, Rule } from './rule.ts'
import { securityRules } from './security.ts'
import { storeRules } from './store.ts'
import { systemRules } from './system.ts'

/** Every rule there is; docs/skills.md lists them. */
export const rules: readonly Rule[] = [...storeRules, ...systemRules, ...securityRules]

export interface Surveyed {
  readonly rule: Rule
  readonly look: Look
}

/** Looks at the host by these rules, all at once. One that cannot look says so and keeps nobody from the others. */
export async function survey(host: LookedAt, chosen: readonly Rule[], signal: AbortSignal): Promise<Surveyed[]> {
  let hardening: ReturnType<Ground['hardening']> | undefined
  const ground: Ground = {
    host,
    signal,
    now: new Date(),
    hardening: () => {
      hardening ??= host.hardening.check(signal)
      return hardening
    },
  }
  return Promise.all(
    chosen.map(async (rule) => {
      try {
        return { rule, look: await rule.look(ground) }
      } catch (error) {
        signal.throwIfAborted()
        const evidence = error instanceof CastellanError ? error.message : 'It could not be looked at.'
        return { rule, look: { outcome: 'unknown' as const, evidence, figures: {} } }
      }
    }),
  )
}
