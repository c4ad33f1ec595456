import { createHash, randomUUID } from 'node:crypto'
import { canonicalJson, type Sha256Hex, type ToolResource } from '@castellan/contracts'
import type { Tool } from '../tools/define.ts'
import { authorize, type CedarAnswer, prepare } from './cedar.ts'
import { Facts } from './context.ts'
import { actionOf, type Entity, MACHINE, principalOf, resourceOf, toCedar, UnreadableResource } from './entities.ts'
import type { Policy, PolicyDecision, PolicyQuestion } from './policy.ts'
import { headHolds, isAbout, isAboutType, pathsNamed, type Reads, type Rule } from './rule.ts'
import { argumentTypes } from './schema.ts'

/** People that a rule can ask for, at most: two, who have to be different ones. */
const MOST_APPROVALS = 2
/** Things that one call may be about. Each is decided on its own. */
const MAX_RESOURCES = 256
/** Slices kept ready; the calls of a day need a few dozen. */
const MAX_SLICES = 512

/** The rules that can have a say about calls of one kind, ready to be asked. */
interface Slice {
  readonly name: string
  readonly rules: readonly Rule[]
  readonly reads: ReadonlySet<string>
  readonly ancestors: boolean
}

/**
 * A policy of Cedar rules. Rules are parsed once; a call is put before those alone whose heads hold for it, and carries only
 * what these read. Three values out of two: a call is allowed if the rules allow it as it is, asks if they allow it once
 * people agreed, and is denied otherwise (docs/decisions/0060-asking-in-cedar.md).
 */
export class CedarPolicy implements Policy {
  readonly digest: Sha256Hex
  readonly rules: readonly Rule[]
  /** Names in the module's memory begin with it, so that policies do not take each other's slices. */
  readonly #prefix: string
  readonly #types = new WeakMap<object, ReturnType<typeof argumentTypes>>()
  readonly #kinds = new Map<string, readonly Rule[]>()
  readonly #prepared = new Map<string, Slice>()
  readonly #sliced: boolean
  /** Every path that a rule names. */
  readonly #paths: readonly string[]

  /** `place` names what this policy stands in for: a new one under the same name takes over its memory. */
  constructor(
    rules: readonly Rule[],
    { place = randomUUID(), sliced = true }: { place?: string; sliced?: boolean } = {},
  ) {
    this.rules = rules
    this.#prefix = place
    this.#sliced = sliced
    this.#paths = [...new Set(rules.flatMap(({ json }) => pathsNamed(json)))]
    this.digest = digestOf(rules)
  }

  decide(question: PolicyQuestion): PolicyDecision {
    try {
      return this.#decide(question)
    } catch (error) {
      if (error instanceof UnreadableResource) return denied('unreadable', `It cannot be judged: ${error.message}.`)
      // Whatever Cedar or this code stumbles over must not let a call through.
      const message = error instanceof Error ? error.message : String(error)
      return denied('policy-error', `The policy could not be asked: ${message.slice(0, 200)}`)
    }
  }

  #decide(question: PolicyQuestion): PolicyDecision {
    const resources = this.#withWhatLiesBelow(question.resources)
    if (resources.length > MAX_RESOURCES) {
      return denied(
        'unreadable',
        `It is about ${resources.length} things, more than the ${MAX_RESOURCES} that are judged.`,
      )
    }
    const facts = new Facts(question, this.#argumentTypes(question))
    if (resources.length === 0) {
      return this.#decideOne(question, facts, MACHINE, question.tool.effect === 'read' ? 'read' : 'write')
    }
    let strictest: PolicyDecision | undefined
    for (const resource of resources) {
      const decision = this.#decideOne(question, facts, resourceOf(resource), resource.access)
      if (decision.decision === 'deny') return decision
      if (strictest === undefined || isStricter(decision, strictest)) strictest = decision
    }
    return strictest as PolicyDecision
  }

  /** A call about a whole tree is about each path below it that a rule names, too. */
  #withWhatLiesBelow(resources: readonly ToolResource[]): readonly ToolResource[] {
    const below = resources.flatMap(({ kind, id, access, tree }) =>
      kind === 'path' && tree === true
        ? this.#paths.filter((path) => liesBelow(path, id)).map((path) => ({ kind, id: path, access }))
        : [],
    )
    return below.length === 0 ? resources : [...resources, ...below]
  }

  #decideOne(question: PolicyQuestion, facts: Facts, resource: Entity, access: ToolResource['access']): PolicyDecision {
    const principal = principalOf(question)
    const action = actionOf(question)
    const about = this.#sliceFor(question, facts, principal, resource)
    const slice = this.#readable(about, facts, (rule) => hasASay(rule, question, principal, resource))
    if (!('rules' in slice)) return slice

    const ask = (approvals: number): Verdict => {
      const context = facts.context(slice.reads, { approvals, access })
      const entities = slice.ancestors ? [principal, action, resource].map(toCedar) : []
      const answer = authorize(slice.name, {
        principal: uid(principal),
        action: uid(action),
        resource: uid(resource),
        context,
        entities,
      })
      return this.#verdict(answer, slice)
    }

    const alone = ask(0)
    if (alone.allowed || !slice.reads.has('approvals')) return settled(alone)
    let last = alone
    for (let approvals = 1; approvals <= MOST_APPROVALS; approvals += 1) {
      const agreed = ask(approvals)
      if (!agreed.allowed) {
        last = agreed
        continue
      }
      // What stood in the way says best why people are asked; where nothing did, what lets it through once they agreed.
      const { id, reason } = last.by ?? agreed.by ?? NOBODY
      const decision = { decision: 'ask' as const, rule: id, reason }
      return approvals === 1 ? decision : { ...decision, approvals }
    }
    return settled(last)
  }

  /** Rules that decided, the first in the order of the files before others. An error of any rule forbids. */
  #verdict({ allowed, rules, errors }: CedarAnswer, slice: Slice): Verdict {
    const failed = errors[0]
    if (failed !== undefined) {
      const reason = `Rule ${failed.rule} could not be evaluated: ${failed.message.slice(0, 200)}`
      return { allowed: false, by: { id: failed.rule, reason } }
    }
    return { allowed, by: slice.rules.find(({ id }) => rules.includes(id)) }
  }

  /**
   * The slice for a call some of whose arguments are too large to be read. What forbids by them forbids; what permits by
   * them does not permit, so it is left out.
   */
  #readable(slice: Slice, facts: Facts, about: (rule: Rule) => boolean): Slice | PolicyDecision {
    const unread = (rule: Rule): boolean =>
      about(rule) && [...rule.reads.context].some((name) => !facts.isReadable(name))
    if (![...slice.reads].some((name) => !facts.isReadable(name))) return slice
    const forbidding = slice.rules.find((rule) => rule.effect === 'forbid' && unread(rule))
    if (forbidding !== undefined) {
      return denied(forbidding.id, `Rule ${forbidding.id} reads an argument that is too large or no plain text.`)
    }
    return this.#prepare(slice.rules.filter((rule) => !unread(rule)))
  }

  /** The rules whose heads hold for a call and whose first look is at what is there. */
  #sliceFor(question: PolicyQuestion, facts: Facts, principal: Entity, resource: Entity): Slice {
    if (!this.#sliced) return this.#prepare(this.rules)
    const kind = this.#rulesOfKind(question, principal.type, resource.type)
    return this.#prepare(
      kind.filter(
        (rule) =>
          headHolds(rule, 'principal', principal) && headHolds(rule, 'resource', resource) && mayHold(rule, facts),
      ),
    )
  }

  /** The rules that can have a say about calls of one tool, by one kind of caller, about one kind of thing. */
  #rulesOfKind({ tool }: PolicyQuestion, principalType: string, resourceType: string): readonly Rule[] {
    const key = [tool.name, tool.effect, tool.undo, principalType, resourceType].join(' ')
    const known = this.#kinds.get(key)
    if (known !== undefined) return known
    const rules = this.rules.filter(
      (rule) =>
        isAbout(rule, tool) &&
        isAboutType(rule, 'principal', principalType) &&
        isAboutType(rule, 'resource', resourceType),
    )
    if (this.#kinds.size >= MAX_SLICES) this.#kinds.clear()
    this.#kinds.set(key, rules)
    return rules
  }

  /** The same rules are prepared once, whatever kinds of calls they are for. */
  #prepare(rules: readonly Rule[]): Slice {
    const key = rules.map(({ id }) => id).join(' ')
    const known = this.#prepared.get(key)
    if (known !== undefined) return known
    // Names are used again, so that what the module keeps stays bounded.
    if (this.#prepared.size >= MAX_SLICES) this.#prepared.clear()
    const name = `${this.#prefix}:${this.#prepared.size}`
    // A slice knows which actions it is for; without that in the heads, a call need not carry its action's groups.
    const heads = rules.map((rule) => [
      rule.id,
      this.#sliced ? { ...rule.json, action: { op: 'All' as const } } : rule.json,
    ])
    prepare(name, Object.fromEntries(heads))
    const reads = rules.map((rule): Reads => rule.reads)
    const slice = {
      name,
      rules,
      reads: new Set(reads.flatMap(({ context }) => [...context])),
      ancestors: !this.#sliced || reads.some(({ ancestors }) => ancestors),
    }
    this.#prepared.set(key, slice)
    return slice
  }

  #argumentTypes({ tool }: PolicyQuestion) {
    const known = this.#types.get(tool)
    if (known !== undefined) return known
    const types = 'input' in tool ? argumentTypes(tool as Tool) : new Map()
    this.#types.set(tool, types)
    return types
  }
}

/** Whether the head of a rule lets it speak about such a call at all. */
function hasASay(rule: Rule, { tool }: PolicyQuestion, principal: Entity, resource: Entity): boolean {
  return isAbout(rule, tool) && headHolds(rule, 'principal', principal) && headHolds(rule, 'resource', resource)
}

/** Whether what the rule looks at first is as it wants it, or cannot be read. */
function mayHold({ wants }: Rule, facts: Facts): boolean {
  if (wants === undefined) return true
  const value = facts.text(wants.name)
  return value === undefined || value === wants.value
}

interface Verdict {
  readonly allowed: boolean
  readonly by: Pick<Rule, 'id' | 'reason'> | undefined
}

const NOBODY = { id: 'default-deny', reason: 'No rule permits it.' }

function settled({ allowed, by }: Verdict): PolicyDecision {
  const { id, reason } = by ?? NOBODY
  return { decision: allowed ? 'allow' : 'deny', rule: id, reason }
}

function denied(rule: string, reason: string): PolicyDecision {
  return { decision: 'deny', rule, reason }
}

function isStricter(a: PolicyDecision, b: PolicyDecision): boolean {
  if (a.decision !== b.decision) return a.decision === 'ask'
  return a.decision === 'ask' && (a.approvals ?? 1) > (b.approvals ?? 1)
}

function uid({ type, id }: Entity) {
  return { type, id }
}

/** Over what the rules say, not over how the files are laid out. */
function digestOf(rules: readonly Rule[]): Sha256Hex {
  const said = rules.map(({ json }) => json).toSorted((a, b) => compare(a.annotations?.id, b.annotations?.id))
  return createHash('sha256')
    .update(canonicalJson({ version: 1, rules: said }))
    .digest('hex')
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b)
}

function liesBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder === '/' ? folder : `${folder}/`)
}
