import { readFileSync } from 'node:fs'
import { type RuleText, readRules } from './read-rules.ts'
import type { Rule } from './rule.ts'

/** The rules that come with Castellan: `default` beside the owner's, `restricted` where the owner's cannot be read. */
export type BuiltIn = 'default' | 'restricted'

/** The tests of the default rules. */
export function builtInTests(): RuleText {
  const name = 'default.test.json'
  return { name, text: readFileSync(new URL(name, import.meta.url), 'utf8') }
}

export function builtInText(which: BuiltIn): RuleText {
  const name = `${which}.cedar`
  return { name, text: readFileSync(new URL(name, import.meta.url), 'utf8') }
}

export function builtInRules(which: BuiltIn): Rule[] {
  // Tests hold them against the schema; a start need not. They may name tools that this agentd was started without.
  return readRules([builtInText(which)], [], { validated: false })
}

/** The owner's rules, then the built-in ones whose place none of them took. */
export function withDefaults(owners: readonly Rule[], defaults: readonly Rule[]): Rule[] {
  const taken = new Set(owners.map(({ id }) => id))
  return [...owners, ...defaults.filter(({ id }) => !taken.has(id))]
}
