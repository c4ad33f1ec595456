import { BudgetLimits, type SessionMode } from '@castellan/contracts'
import { z } from 'zod'
import { resources } from './amounts.ts'

const MIB = 1024 * 1024
const HOUR_MS = 3_600_000

/** What a session may use up in all, by its mode. `sensitive` is meant for one small piece of work. */
const sessionDefaults: Readonly<Record<SessionMode, BudgetLimits>> = {
  // That nothing is written here is the policy's to say, in words that tell why.
  observe: limits(20_000, 10_000, 5_000_000, 6 * HOUR_MS, 1024 * MIB, 10_000, 4 * MIB),
  assist: limits(20_000, 10_000, 5_000_000, 6 * HOUR_MS, 1024 * MIB, 10_000, 16 * MIB),
  operate: limits(20_000, 10_000, 5_000_000, 6 * HOUR_MS, 1024 * MIB, 10_000, 16 * MIB),
  sensitive: limits(400, 200, 200_000, HOUR_MS / 4, 16 * MIB, 100, 0),
}

/** What one agent, under its name, and all agents together may use up from 00:00 to 24:00 UTC. */
const agentDayDefaults = limits(100_000, 50_000, 25_000_000, 24 * HOUR_MS, 8192 * MIB, 50_000, 64 * MIB)
const dayDefaults = limits(200_000, 100_000, 50_000_000, 48 * HOUR_MS, 16_384 * MIB, 100_000, 128 * MIB)

const over = (defaults: BudgetLimits) =>
  BudgetLimits.prefault({}).transform((own): BudgetLimits => ({ ...defaults, ...own }))

/** `budgets` in agentd's configuration: what is not named keeps its default. */
export const BudgetConfig = z
  .strictObject({
    session: z
      .strictObject({
        observe: over(sessionDefaults.observe),
        assist: over(sessionDefaults.assist),
        operate: over(sessionDefaults.operate),
        sensitive: over(sessionDefaults.sensitive),
      })
      .prefault({}),
    agentDay: over(agentDayDefaults),
    day: over(dayDefaults),
  })
  .prefault({})
export type BudgetConfig = z.output<typeof BudgetConfig>

/** The smaller limit of each resource. */
export function least(a: BudgetLimits, b: BudgetLimits): BudgetLimits {
  const smaller = resources.map(
    (resource) =>
      [resource, Math.min(a[resource] ?? Number.POSITIVE_INFINITY, b[resource] ?? Number.POSITIVE_INFINITY)] as const,
  )
  return Object.fromEntries(smaller.filter(([, limit]) => Number.isFinite(limit)))
}

/** In the order of {@link resources}. */
function limits(...amounts: readonly number[]): BudgetLimits {
  return Object.fromEntries(resources.map((resource, position) => [resource, amounts[position]])) as BudgetLimits
}
