import { didYouMean } from '@castellan/daemon'
import type { Tool } from '../tools/define.ts'
import { CedarError, type CedarRule, readRule, splitRules, validateRules } from './cedar.ts'
import { firstWanted, isAbout, type Rule, readsOf } from './rule.ts'
import { ANY_ACTION, actionGroups, commonSchema, isForeign, policySchema } from './schema.ts'

/** Rules that a policy may have; far more than a person keeps an eye on. */
const MAX_RULES = 2000

/** A file of rules, read and not yet understood. */
export interface RuleText {
  readonly name: string
  readonly text: string
}

/** What is wrong with a file, and where. */
export interface PolicyProblem {
  readonly file: string
  readonly line: number | undefined
  readonly message: string
}

/** The rules cannot be taken as they are. Nothing of them is. */
export class PolicyInvalid extends Error {
  readonly problems: readonly PolicyProblem[]

  constructor(problems: readonly PolicyProblem[]) {
    super(problems.map(describeProblem).join(' '))
    this.name = 'PolicyInvalid'
    this.problems = problems
  }
}

export function describeProblem({ file, line, message }: PolicyProblem): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message}${/[.!?]$/.test(message) ? '' : '.'}`
}

/**
 * The rules in some files, each read and, unless `validated` is false, validated against the schema of the tools. Throws
 * {@link PolicyInvalid} with everything that is wrong.
 */
export function readRules(
  files: readonly RuleText[],
  tools: readonly Tool[],
  { validated = true }: { readonly validated?: boolean } = {},
): Rule[] {
  const problems: PolicyProblem[] = []
  const rules = files.flatMap((file) => rulesIn(file, problems))
  if (rules.length > MAX_RULES) {
    problems.push({ file: 'policy', line: undefined, message: `it has ${rules.length} rules, more than ${MAX_RULES}` })
  }
  problems.push(...twice(rules))
  // Names first: Cedar's own words about an unknown one are harder to follow.
  if (problems.length === 0 && validated) problems.push(...rules.flatMap((rule) => unknownActions(rule, tools)))
  if (problems.length === 0 && validated) problems.push(...validate(rules, tools))
  if (problems.length > 0) throw new PolicyInvalid(problems)
  return rules
}

function rulesIn({ name, text }: RuleText, problems: PolicyProblem[]): Rule[] {
  try {
    const pieces = splitRules(text).map((piece) => ({ piece, at: text.indexOf(piece) }))
    const rules = pieces.toSorted((a, b) => a.at - b.at).map(({ piece, at }) => ruleOf(name, piece, lineAt(text, at)))
    problems.push(...rules.flatMap(badNames))
    return rules
  } catch (error) {
    if (!(error instanceof CedarError)) throw error
    for (const { message, start } of error.problems) {
      problems.push({ file: name, line: start === undefined ? undefined : lineAtByte(text, start), message })
    }
    return []
  }
}

function ruleOf(file: string, text: string, line: number): Rule {
  const json = readRule(text)
  const { id = '', reason } = json.annotations ?? {}
  return {
    id,
    reason: reason ?? (json.effect === 'permit' ? `Rule ${id} permits it.` : `Rule ${id} forbids it.`),
    effect: json.effect,
    file,
    line,
    text,
    json,
    reads: readsOf(json),
    wants: firstWanted(json),
  }
}

function badNames({ id, reason, file, line, json }: Rule): PolicyProblem[] {
  const problems: string[] = []
  if (id === '') problems.push('the rule has no name; put @id("some-name") before it')
  else if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) {
    problems.push(`@id(${JSON.stringify(id)}) must be lower-case letters, digits and dashes, at most 64`)
  } else if (id === 'default-deny') problems.push('@id("default-deny") is the name for what no rule permits')
  if (reason.length > 500 || /\p{Cc}/u.test(reason)) {
    problems.push('@reason must be one line of at most 500 characters')
  }
  const unknown = Object.keys(json.annotations ?? {}).find((name) => !['id', 'reason'].includes(name))
  if (unknown !== undefined) problems.push(`there is no @${unknown}; rules have @id and @reason`)
  return problems.map((message) => ({ file, line, message }))
}

function twice(rules: readonly Rule[]): PolicyProblem[] {
  const first = new Map<string, Rule>()
  return rules.flatMap((rule) => {
    const other = first.get(rule.id)
    if (other === undefined) first.set(rule.id, rule)
    if (other === undefined || rule.id === '') return []
    const message = `there is another rule @id("${rule.id}") in ${other.file}:${other.line}; each needs its own`
    return [{ file: rule.file, line: rule.line, message }]
  })
}

function unknownActions({ json, file, line }: Rule, tools: readonly Tool[]): PolicyProblem[] {
  const known = [...actionGroups, ...tools.map(({ name }) => name)]
  const unknown = namesIn(json).filter((name) => !known.includes(name) && !isForeign(name))
  return unknown.map((name) => ({
    file,
    line,
    message: `there is no tool or group ${JSON.stringify(name)}.${didYouMean(name, known)}`,
  }))
}

/** Strict validation, in as few schemas as it takes: one for all rules that read no argument, one for each set of tools else. */
function validate(rules: readonly Rule[], tools: readonly Tool[]): PolicyProblem[] {
  const named = rules.flatMap(({ json }) => namesIn(json))
  const known = new Set<string>([...actionGroups, ...tools.map(({ name }) => name)])
  const names = [...tools, ...named.filter((name) => !known.has(name)).map(standIn)]
  const batches = new Map<string, { schema: () => ReturnType<typeof commonSchema>; rules: Record<string, CedarRule> }>()
  for (const rule of rules) {
    const plain = ![...rule.reads.context].some((name) => name === '*' || name.startsWith('args'))
    const about = plain ? [] : tools.filter((tool) => isAbout(rule, tool))
    const key = about.map(({ name }) => name).join(' ')
    const batch = batches.get(key) ?? {
      schema: () => (about.length === 0 ? commonSchema(names) : policySchema(about, names)),
      rules: {},
    }
    batch.rules[rule.id] = about.length === 0 ? overAllActions(rule.json) : overGroups(rule.json, about)
    batches.set(key, batch)
  }
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  return [...batches.values()].flatMap((batch) =>
    validateRules(batch.schema(), batch.rules).flatMap(({ rule: id, message }) => {
      const rule = byId.get(id)
      return rule === undefined ? [] : [{ file: rule.file, line: rule.line, message }]
    }),
  )
}

/** Every action that a rule names, in its head or in a condition. */
function namesIn(json: CedarRule): string[] {
  const names = [...JSON.stringify(json).matchAll(/"type":"Action","id":"([a-z0-9_]+)"/g)].map(
    ([, name]) => name as string,
  )
  return [...new Set(names)]
}

/** A tool that is not there, of an MCP server that is not connected for one: known by name only. */
function standIn(name: string) {
  return { name, effect: 'change', undo: 'none' } as const
}

function overAllActions(json: CedarRule): CedarRule {
  return { ...json, action: { op: '==', entity: { type: 'Action', id: ANY_ACTION } } }
}

/** The head names what it is about one by one, so that the schema needs no other tool. */
function overGroups(json: CedarRule, about: readonly Tool[]): CedarRule {
  return { ...json, action: { op: 'in', entities: about.map(({ name }) => ({ type: 'Action', id: name })) } }
}

function lineAt(text: string, index: number): number {
  return text.slice(0, Math.max(0, index)).split('\n').length
}

function lineAtByte(text: string, byte: number): number {
  return Buffer.from(text).subarray(0, byte).toString().split('\n').length
}
