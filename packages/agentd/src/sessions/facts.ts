import {
  type BudgetScope,
  CapabilityId,
  type TaintLabel as Label,
  type LedgerEntry,
  type LedgerFacts,
  TaintLabel,
} from '@castellan/contracts'
import { type Amounts, amountsOf } from './amounts.ts'

/*
 * What ledger entries tell of sessions, as public facts. The state of all sessions is a fold over these, so it is as
 * durable as the ledger and costs a call no write of its own.
 */

/** On intents: what is set aside for the call. On outcomes: what it came to. The time is the outcome's own `duration_ms`. */
const spendFacts = ['wall_ms', 'bytes_written', 'files_touched', 'egress_bytes'] as const

export function factsOfSpend(spend: Partial<Amounts>): LedgerFacts {
  const named = spendFacts.flatMap((name) => {
    const amount = spend[name] ?? 0
    return amount === 0 ? [] : [[name, amount] as const]
  })
  return Object.fromEntries(named)
}

export function spendIn({ facts = {} }: LedgerEntry): Amounts {
  return amountsOf(Object.fromEntries(spendFacts.map((name) => [name, amountIn(facts[name])])))
}

export function amountIn(fact: LedgerFacts[string] | undefined): number {
  return typeof fact === 'number' && fact > 0 ? fact : 0
}

export function factOfLabels(labels: readonly Label[]): string {
  return [...new Set(labels)].sort().join(',')
}

export function labelsIn(fact: LedgerFacts[string] | undefined): Label[] {
  return wordsIn(fact).filter((word) => TaintLabel.safeParse(word).success) as Label[]
}

/** The capability of an entry with all it descends from, root first. */
export function capabilitiesIn({ facts = {} }: LedgerEntry): CapabilityId[] {
  return wordsIn(facts.capability).filter((word): word is CapabilityId => CapabilityId.safeParse(word).success)
}

export function wordsIn(fact: LedgerFacts[string] | undefined): string[] {
  return typeof fact === 'string' && fact !== '' ? fact.split(',') : []
}

/** Whose budgets an entry of an agent counts against. */
export function scopesOf(
  session: string | undefined,
  agent: string,
  capabilities: readonly CapabilityId[],
): BudgetScope[] {
  return [
    ...(session === undefined ? [] : [`session:${session}`]),
    `agent:${agent}`,
    'day',
    ...capabilities.map((id) => `capability:${id}`),
  ]
}
