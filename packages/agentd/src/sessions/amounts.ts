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

function byResource(amount: (resource: BudgetResource) => number): Amounts {
  return Object.fromEntries(resources.map((resource) => [resource, amount(resource)])) as Amounts
}
