import { type AgentName, type SessionId, SessionMode, TaintLabel, type ToolResource } from '@castellan/contracts'
import type { Tool } from '../tools/define.ts'
import { CedarPolicy } from './cedar-policy.ts'
import type { Policy, PolicyDecision, PolicyQuestion } from './policy.ts'
import { isAbout, type Rule } from './rule.ts'
import { resourceTypes } from './schema.ts'

/** Questions asked of both policies, at most. */
const MAX_QUESTIONS = 100_000

/** A question that two policies answer differently. */
export interface Difference {
  /** Tools that neither policy tells apart. */
  readonly tools: readonly string[]
  readonly caller: string
  readonly agent: string
  readonly mode: string
  readonly taint: readonly string[]
  readonly about: string
  readonly before: Pick<PolicyDecision, 'decision' | 'rule' | 'approvals'>
  readonly after: Pick<PolicyDecision, 'decision' | 'rule' | 'approvals'>
}

/** What came of asking both. `complete`: false where there was more to ask than {@link MAX_QUESTIONS}, or than there was time for. */
export interface Comparison {
  readonly asked: number
  readonly complete: boolean
  readonly differences: readonly Difference[]
}

type Ruled = Policy & { readonly rules: readonly Rule[] }

const NOON = Date.UTC(2026, 0, 7, 12)

/**
 * What changes from one policy to another, over every tool in every mode with every label, for all agents, channels and
 * things on the machine that either policy names. Rules about arguments show only where `calls` have such. `until`, in
 * milliseconds since 1970, ends it early.
 */
export function compare(
  before: Ruled,
  after: Ruled,
  tools: readonly Tool[],
  calls: readonly PolicyQuestion[],
  until = Number.POSITIVE_INFINITY,
): Comparison {
  const rules = [...before.rules, ...after.rules]
  const differences: Difference[] = []
  let asked = 0
  const [plainBefore, plainAfter] = [withoutArguments(before), withoutArguments(after)]
  const kinds = grid(rules, likeTools(plainBefore, plainAfter, tools))
  for (const { question, names, made } of both(inEveryMode(calls), kinds)) {
    if (asked === MAX_QUESTIONS || (asked % 64 === 0 && Date.now() > until))
      return { asked, complete: false, differences }
    asked += 1
    const [a, b] = made
      ? [before.decide(question), after.decide(question)]
      : [plainBefore.decide(question), plainAfter.decide(question)]
    if (a.decision !== b.decision || (a.approvals ?? 1) !== (b.approvals ?? 1))
      differences.push(difference(question, names, a, b))
  }
  return { asked, complete: true, differences }
}

function* both<T>(one: Iterable<T>, other: Iterable<T>): Generator<T> {
  yield* one
  yield* other
}

interface Asked {
  readonly question: PolicyQuestion
  readonly names: readonly string[]
  /** Whether it was really made, so that it has arguments. */
  readonly made: boolean
}

function* inEveryMode(calls: readonly PolicyQuestion[]): Generator<Asked> {
  for (const call of calls) {
    for (const mode of SessionMode.options) {
      yield { question: { ...call, context: { ...call.context, mode } }, names: [call.tool.name], made: true }
    }
  }
}

/** A policy without the rules that look at arguments: what they say of calls that have none is that they cannot be evaluated. */
function withoutArguments(policy: Ruled): Ruled {
  const plain = policy.rules.filter(
    ({ reads }) => ![...reads.context].some((name) => /^(\*|args|arguments)/.test(name)),
  )
  return plain.length === policy.rules.length ? policy : new CedarPolicy(plain)
}

/** Tools that the same rules of both policies are about; none about which both have the very same rules. */
function likeTools(before: Ruled, after: Ruled, tools: readonly Tool[]): Tool[][] {
  const groups = new Map<string, Tool[]>()
  for (const tool of tools) {
    const [a, b] = [rulesAbout(before, tool), rulesAbout(after, tool)]
    if (a === b) continue
    const key = JSON.stringify([commandTools.includes(tool.name), tool.effect, tool.undo, a, b])
    groups.set(key, [...(groups.get(key) ?? []), tool])
  }
  return [...groups.values()]
}

/** What they say, whichever tools they name in their heads. */
function rulesAbout({ rules }: Ruled, tool: Tool): string {
  return JSON.stringify(rules.filter((rule) => isAbout(rule, tool)).map(({ json }) => ({ ...json, action: null })))
}

const commandTools = ['command_run', 'shell_exec']

/** Every kind of question that these rules could tell apart by more than arguments. */
function* grid(rules: readonly Rule[], groups: readonly Tool[][]): Generator<Asked> {
  const named = namedIn(rules)
  const agents = ['main', ...(named.get('Agent') ?? [])]
  const channels = [undefined, ...(named.get('Channel') ?? [])]
  const callers = [
    ...agents.flatMap((agent) => channels.map((channel) => ({ kind: 'agent' as const, agent, channel }))),
    { kind: 'operator' as const, agent: 'operator', channel: undefined },
    ...['routine', ...(named.get('Routine') ?? [])].map((agent) => ({
      kind: 'routine' as const,
      agent,
      channel: undefined,
    })),
  ]
  const taints: TaintLabel[][] = [[], ...TaintLabel.options.map((label) => [label])]
  for (const group of groups) {
    const [tool] = group as [Tool]
    const names = group.map(({ name }) => name)
    const abouts = [[], ...resourcesFor(named, tool)]
    const commands = commandTools.includes(tool.name) ? (['harmless', 'ask'] as const) : (['none'] as const)
    for (const { kind, agent, channel } of callers) {
      for (const mode of SessionMode.options) {
        for (const taint of kind === 'agent' ? taints : [[]]) {
          for (const command of commands) {
            for (const resources of abouts) {
              const question: PolicyQuestion = {
                principal: { kind, agent: agent as AgentName, session: 'ses_comparing' as SessionId },
                tool,
                args: {},
                input: {},
                resources,
                context: {
                  mode,
                  taint,
                  left: {},
                  capability: undefined,
                  command,
                  agreed: false,
                  channel,
                  now: NOON,
                },
              }
              yield { question, names, made: false }
            }
          }
        }
      }
    }
  }
}

/** Something of each kind that rules name, and something of each kind that none does. */
function resourcesFor(named: ReadonlyMap<string, ReadonlySet<string>>, { effect }: Tool): ToolResource[][] {
  const access = effect === 'read' ? 'read' : 'write'
  const kinds = Object.entries(resourceTypes) as [ToolResource['kind'], string][]
  return kinds.flatMap(([kind, type]) =>
    [...(kind === 'path' ? ['/some/file'] : ['something']), ...(named.get(type) ?? [])].map((id) => [
      { kind, id, access },
    ]),
  ) as ToolResource[][]
}

/** All entities in rules, by type. */
function namedIn(rules: readonly Rule[]): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, id } = node as { type?: unknown; id?: unknown }
    if (typeof type === 'string' && typeof id === 'string') named.set(type, (named.get(type) ?? new Set()).add(id))
    for (const part of Object.values(node)) visit(part)
  }
  for (const { json } of rules) visit({ ...json, annotations: undefined })
  return named
}

function difference(
  { principal, context, resources }: PolicyQuestion,
  tools: readonly string[],
  before: PolicyDecision,
  after: PolicyDecision,
): Difference {
  const shown = ({ decision, rule, approvals }: PolicyDecision) => ({
    decision,
    rule,
    ...(approvals === undefined ? {} : { approvals }),
  })
  return {
    tools,
    caller: principal.kind,
    agent: principal.agent,
    mode: context.mode,
    taint: context.taint,
    about: resources.map(({ kind, id }) => `${kind} ${id}`).join(', '),
    before: shown(before),
    after: shown(after),
  }
}
