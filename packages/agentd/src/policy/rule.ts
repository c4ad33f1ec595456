import type { CedarExpression, CedarRule } from './cedar.ts'
import type { Entity } from './entities.ts'
import type { PolicyTool } from './policy.ts'
import { groupsOf } from './schema.ts'

/** One rule of a policy, and what is known of it without asking Cedar. */
export interface Rule {
  /** Its `@id`, unique in the policy. */
  readonly id: string
  /** Its `@reason`, one sentence for people. */
  readonly reason: string
  readonly effect: 'permit' | 'forbid'
  /** The file it stands in, and the line it begins on, from 1. */
  readonly file: string
  readonly line: number
  /** As it stands in the file. */
  readonly text: string
  readonly json: CedarRule
  readonly reads: Reads
  /** {@link firstWanted} */
  readonly wants: ReturnType<typeof firstWanted>
}

/** What a rule looks at, so that no call has to carry more than its rules read. */
export interface Reads {
  /** Attributes of `context`; `args.NAME` for one argument. `*`: any of them. */
  readonly context: ReadonlySet<string>
  /** Whether it asks what something is part of (`in`), beyond the action in its head. */
  readonly ancestors: boolean
}

/** All that is in a syntax tree: Cedar's JSON has one key a node. */
export function readsOf(json: CedarRule): Reads {
  const context = new Set<string>()
  let ancestors = [json.principal, json.resource].some((head) => JSON.stringify(head).includes('"in"'))
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if (!Array.isArray(node)) {
      if (asksForAncestors(node)) ancestors = true
      const read = contextRead(node as CedarExpression)
      for (const name of read ?? []) context.add(name)
      if (read !== undefined) return
      if ((node as { Var?: unknown }).Var === 'context') context.add('*')
    }
    for (const part of Object.values(node)) visit(part)
  }
  for (const { body } of json.conditions) visit(body)
  return { context, ancestors }
}

function asksForAncestors(node: object): boolean {
  if ('in' in node) return true
  return 'is' in node && typeof node.is === 'object' && node.is !== null && 'in' in node.is
}

/** What `context.x`, `context.args.x`, `context has x` and `context.args has x` read; undefined for anything else. */
function contextRead(node: CedarExpression): string[] | undefined {
  const access = '.' in node ? node['.'] : 'has' in node ? node.has : undefined
  if (access === undefined || typeof access !== 'object') return undefined
  const { left, attr } = access as { left: CedarExpression; attr: string | string[] }
  const path = Array.isArray(attr) ? attr : [attr]
  if (isContext(left))
    return path[0] === 'args' ? [path.length > 1 ? `args.${path[1]}` : 'args.*'] : [path[0] as string]
  if (isArguments(left)) return [`args.${path[0]}`]
  return undefined
}

function isContext(node: CedarExpression): boolean {
  return 'Var' in node && node.Var === 'context'
}

function isArguments(node: CedarExpression): boolean {
  if (!('.' in node)) return false
  const { left, attr } = node['.'] as { left: CedarExpression; attr: string }
  return attr === 'args' && isContext(left)
}

/** Every path that a rule names, in its head or its conditions. */
export function pathsNamed(json: CedarRule): string[] {
  const paths: string[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, id } = node as { type?: unknown; id?: unknown }
    if (type === 'Path' && typeof id === 'string') paths.push(id)
    for (const part of Object.values(node)) visit(part)
  }
  visit(json)
  return paths
}

/** Names of the actions in a rule's head; undefined where it is about all of them. */
export function actionsNamed({ action }: CedarRule): string[] | undefined {
  if (action.op === 'All') return undefined
  const entities = 'entities' in action ? action.entities : 'entity' in action ? [action.entity] : []
  return entities.map((entity) => ('__entity' in entity ? entity.__entity.id : entity.id))
}

/** Whether the head of a rule lets it speak about calls of a tool. */
export function isAbout(rule: Rule, tool: PolicyTool): boolean {
  const named = actionsNamed(rule.json)
  if (named === undefined) return true
  if (named.includes(tool.name)) return true
  return rule.json.action.op === 'in' && groupsOf(tool).some((group) => named.includes(group))
}

/** Whether the head of a rule lets it speak about entities of a type; what the head leaves open may be about any. */
export function isAboutType(rule: Rule, part: 'principal' | 'resource', type: string): boolean {
  const head = rule.json[part]
  if (head.op === 'is') return head.entity_type === type
  return head.op !== '==' || uidIn(head)?.type === type
}

/** Whether the head of a rule holds for an entity, as Cedar would find with everything the entity is part of. */
export function headHolds({ json }: Rule, part: 'principal' | 'resource', entity: Entity): boolean {
  const head = json[part]
  const isIn = (whole: Uid | undefined): boolean =>
    whole === undefined || [entity, ...entity.parents].some(({ type, id }) => type === whole.type && id === whole.id)
  switch (head.op) {
    case 'All':
      return true
    case '==': {
      const uid = uidIn(head)
      return uid === undefined || (uid.type === entity.type && uid.id === entity.id)
    }
    case 'in':
      return isIn(uidIn(head))
    case 'is':
      return head.entity_type === entity.type && (head.in === undefined || isIn(uidIn(head.in)))
  }
}

type Uid = Pick<Entity, 'type' | 'id'>

function uidIn(constraint: object): Uid | undefined {
  if (!('entity' in constraint)) return undefined
  const entity = constraint.entity as Uid | { __entity: Uid }
  return '__entity' in entity ? entity.__entity : entity
}

/**
 * What the first thing that a rule looks at has to be: `context.NAME == "text"` at the very beginning of its first `when`.
 * Where it is something else the rule has no say, and nothing before it could have failed.
 */
export function firstWanted({ conditions }: CedarRule): { readonly name: string; readonly value: string } | undefined {
  const [first] = conditions
  if (first?.kind !== 'when') return undefined
  let node = first.body as {
    '&&'?: { left: typeof node }
    '=='?: { left: CedarExpression; right: { Value?: unknown } }
  }
  while (node['&&'] !== undefined) node = node['&&'].left
  const equality = node['==']
  if (equality === undefined || !('.' in equality.left)) return undefined
  const { left, attr } = equality.left['.'] as { left: CedarExpression; attr: string }
  const value = equality.right.Value
  return isContext(left) && typeof value === 'string' && comparable.includes(attr) ? { name: attr, value } : undefined
}

const comparable: readonly string[] = ['mode', 'arguments', 'argumentsDigest', 'command', 'session', 'channel']
