import { BudgetResource } from '@castellan/contracts'
import { z } from 'zod'

/** How much of each resource; whole numbers, none negative. */
export const Amounts = z.record(BudgetResource, z.int().min(0))
export type Amounts = Readonly<z.infer<typeof Amounts>>

export const resources: readonly BudgetResource[] = BudgetResource.options

/** Amounts out of those that are named; the rest is 0. */
export function amountsOf(some: Partial<Amounts>): Amounts {
  return byResource((resource) => some[resource] ?? 0)
}

export const nothing: Amounts = amountsOf({})

export function plus(a: Amounts, b: Amounts): Amounts {
  return byResource((resource) => a[resource] + b[resource])
}

/** Never below 0. */
export function minus(a: Amounts, b: Amounts): Amounts {
  return byResource((resource) => Math.max(0, a[resource] - b[resource]))
}

/** Spelled out: every call makes a dozen of these, and building them out of entries took most of its time. */
function byResource(amount: (resource: BudgetResource) => number): Amounts {
  return {
    steps: amount('steps'),
    tool_calls: amount('tool_calls'),
    tokens: amount('tokens'),
    wall_ms: amount('wall_ms'),
    bytes_written: amount('bytes_written'),
    files_touched: amount('files_touched'),
    egress_bytes: amount('egress_bytes'),
  }
}
