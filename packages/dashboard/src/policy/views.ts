import type { AnswerOf, explainPolicy, getPolicy, tryPolicy } from '@castellan/contracts/api'
import type { Api } from '../api/api.ts'

export type PolicyView = AnswerOf<typeof getPolicy>
export type PolicyRule = PolicyView['rules'][number]
export type Explanation = AnswerOf<typeof explainPolicy>
export type Trial = AnswerOf<typeof tryPolicy>
export type Decision = Explanation['decision']

/** As `.pill` of the styles has it. */
export const TONES: Readonly<Record<Decision, string>> = { allow: 'good', ask: 'warn', deny: 'bad' }

export const readPolicy = (api: Api, signal: AbortSignal) =>
  api.ask<typeof getPolicy>('GET', '/api/v1/policy', { signal })

export interface FileGroup {
  readonly name: string
  /** It came with Castellan, and does not lie in the policy folder. */
  readonly builtIn: boolean
  readonly rules: readonly PolicyRule[]
}

const BUILT_IN: ReadonlySet<string> = new Set(['default.cedar', 'restricted.cedar'])

/** The rules by file, the owner's own first; those alone in which all words are found. */
export function groupsOf({ rules, files }: Pick<PolicyView, 'rules' | 'files'>, filter: string): FileGroup[] {
  const sought = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = ({ id, reason, text, file }: PolicyRule) => {
    const all = `${id} ${reason} ${file} ${text}`.toLowerCase()
    return sought.every((word) => all.includes(word))
  }
  const own = files.map(({ name }) => name).filter((name) => name.endsWith('.cedar'))
  const names = [...new Set([...own, ...rules.map(({ file }) => file)])]
  const groups = names.map((name) => ({
    name,
    builtIn: BUILT_IN.has(name),
    rules: rules.filter((rule) => rule.file === name && matches(rule)),
  }))
  return groups
    .filter((group) => group.rules.length > 0 || (sought.length === 0 && !group.builtIn))
    .toSorted((a, b) => Number(a.builtIn) - Number(b.builtIn))
}
