import { policyWords as words } from '../strings/policy.ts'
import type { Condition, Head, RuleParts } from './reading.ts'

/** Who may do what to what: `agents: changes that can be taken back, on path /srv`. */
export function headInWords({ principal, action, resource }: RuleParts): string {
  return words.rule.head(whoIn(principal), whatIn(action), whereIn(resource))
}

function whoIn(head: Head): string {
  switch (head.kind) {
    case 'any':
      return words.rule.anybody
    case 'is':
      return words.rule.callers[head.type] ?? head.type
    case 'one':
      return words.rule.oneCaller(head.type, head.id)
    case 'within':
      return words.rule.through(head.id)
    case 'among':
      return head.ids.join(', ')
    case 'other':
      return head.text
  }
}

function whatIn(head: Head): string {
  switch (head.kind) {
    case 'any':
      return words.rule.everyCall
    case 'one':
    case 'within':
      return words.rule.groups[head.id] ?? head.id
    case 'among':
      return head.ids.map((id) => words.rule.groups[id] ?? id).join(', ')
    case 'is':
      return head.type
    case 'other':
      return head.text
  }
}

function whereIn(head: Head): string | null {
  switch (head.kind) {
    case 'any':
      return null
    case 'is':
      return words.rule.things[head.type] ?? head.type
    case 'one':
      return words.rule.oneThing(head.type, head.id)
    case 'within':
      return words.rule.within(head.type, head.id)
    case 'among':
      return head.ids.join(', ')
    case 'other':
      return head.text
  }
}

/** What has to hold, clause by clause; `code` where there are no words for it. */
export function clausesOf({ clauses }: Condition): { readonly text: string; readonly code: boolean }[] {
  return clauses.map((clause) => {
    const text = inWords(clause)
    return text === null ? { text: clause, code: true } : { text, code: false }
  })
}

function inWords(clause: string): string | null {
  const { clauses } = words.rule
  const [, approvals] = /^context\.approvals >= (\d)$/.exec(clause) ?? []
  if (approvals !== undefined) return clauses.approvals(Number(approvals))
  const [, mode] = /^context\.mode == "(\w+)"$/.exec(clause) ?? []
  if (mode !== undefined) return clauses.mode(mode)
  const [, notTaint, label] = /^(!?)context\.taint\.contains\("([\w-]+)"\)$/.exec(clause) ?? []
  if (label !== undefined) return clauses.taint(label, notTaint !== '!')
  const [, notAgreed] = /^(!?)context\.agreed$/.exec(clause) ?? []
  if (notAgreed !== undefined) return clauses.agreed(notAgreed !== '!')
  if (clause === 'context.command == "harmless"') return clauses.harmless
  if (clause === '!(principal is Operator)') return clauses.notOperator
  const [, list] = /^action in \[ ?((?:Action::"\w+",? ?)+)\]$/.exec(clause) ?? []
  return list === undefined ? null : clauses.among([...list.matchAll(/"(\w+)"/g)].map(([, name]) => name as string))
}
