import type { CedarExpression } from './cedar.ts'
import type { Rule } from './rule.ts'

/**
 * How many different people these rules want for any call: two as soon as one rule tells one person from two. What cannot be
 * told counts as two.
 */
export function peopleWanted(rules: readonly Rule[]): 1 | 2 {
  return rules.some(({ json }) => json.conditions.some(({ body }) => tellsOneFromTwo(body))) ? 2 : 1
}

const comparisons: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
}

function tellsOneFromTwo(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false
  if (isApprovals(node) || isWholeContext(node)) return true
  for (const [operator, holds] of Object.entries(comparisons)) {
    const sides = (node as Record<string, { left?: unknown; right?: unknown } | undefined>)[operator]
    if (sides === undefined) continue
    const [left, right] = [numberIn(sides.left), numberIn(sides.right)]
    if (isApprovals(sides.left) && right !== undefined) return holds(1, right) !== holds(2, right)
    if (isApprovals(sides.right) && left !== undefined) return holds(left, 1) !== holds(left, 2)
  }
  const read = attributeRead(node)
  if (read !== undefined) return false
  return Object.values(node).some(tellsOneFromTwo)
}

/** The attribute of `context` that is read here. */
function attributeRead(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined
  const access = (node as { '.'?: { left: CedarExpression; attr: string } })['.']
  return access !== undefined && isWholeContext(access.left) ? access.attr : undefined
}

function isApprovals(node: unknown): boolean {
  return attributeRead(node) === 'approvals'
}

function isWholeContext(node: unknown): boolean {
  return typeof node === 'object' && node !== null && (node as { Var?: unknown }).Var === 'context'
}

function numberIn(node: unknown): number | undefined {
  const value = (node as { Value?: unknown } | undefined)?.Value
  return typeof value === 'number' ? value : undefined
}
