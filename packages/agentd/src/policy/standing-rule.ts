import { createHash } from 'node:crypto'
import { canonicalJson, type ToolResource } from '@castellan/contracts'
import { MACHINE, resourceOf } from './entities.ts'
import type { PolicyTool } from './policy.ts'
import { unrulyBecause } from './unruly-programs.ts'

/** Longest arguments that a rule spells out, in characters: what a person still reads. */
const MAX_ARGUMENTS = 2048
/** Things that one rule names. */
const MAX_RESOURCES = 16

/** Tools that hand on rights or take back what others did: each time is another matter. */
const eachTimeAnew = [
  'undo_apply',
  'capability_mint',
  'approval_request',
  'routine_add',
  'routine_trigger',
  'watcher_add',
  'switch_commit',
]

/** A call, as a rule that always allows it would describe it. */
export interface StandingCall {
  readonly caller: 'agent' | 'operator' | 'routine'
  readonly agent: string
  readonly tool: PolicyTool
  readonly args: Readonly<Record<string, unknown>>
  readonly resources: readonly ToolResource[]
  /** The commands it would run, word for word; `unknown` where a script is not understood as a whole. */
  readonly commands: readonly (readonly string[])[] | 'unknown'
}

/** A rule in Cedar, or why there is none. */
export type StandingRuleText =
  | { readonly possible: true; readonly id: string; readonly text: string }
  | { readonly possible: false; readonly reason: string }

/**
 * The rule that always allows a call of exactly this shape: this agent, this tool, these arguments, about these things on
 * the machine. It has no wildcard, and for what runs other programs there is none at all.
 */
export function ruleFor(call: StandingCall): StandingRuleText {
  const refusal = refusalOf(call)
  if (refusal !== undefined) return { possible: false, reason: refusal }
  const { agent, tool, args, resources } = call
  const words = canonicalJson(args)
  const things = resources.length === 0 ? [MACHINE] : resources.map(resourceOf)
  const digest = createHash('sha256')
    .update(canonicalJson({ agent, tool: tool.name, args, things }))
    .digest('hex')
  const id = `always-${digest.slice(0, 16)}`
  const [only] = things
  const head = things.length === 1 && only !== undefined ? `resource == ${entity(only)}` : 'resource'
  const conditions = [
    `context.arguments == ${quoted(words)}`,
    '(context.mode == "assist" || context.mode == "operate")',
    ...(things.length === 1 ? [] : [oneOf(things)]),
  ]
  const text = `@id("${id}")
@reason("A person said that agent ${agent} may always do exactly this.")
permit (principal == Agent::${quoted(agent)}, action == Action::${quoted(tool.name)}, ${head})
when { ${conditions.join(' && ')} };
`
  return { possible: true, id, text }
}

function refusalOf({ caller, tool, args, resources, commands }: StandingCall): string | undefined {
  if (caller !== 'agent') return 'Only what an agent asks for can be allowed always.'
  if (tool.effect === 'destroy') return 'What cannot be taken back is asked about each time.'
  if (eachTimeAnew.includes(tool.name)) return `Each ${tool.name} is another matter, so it is asked about each time.`
  const words = canonicalJson(args)
  if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(words)) {
    return 'The arguments have characters that nobody sees, so a person could not tell what a rule for them says.'
  }
  const { length } = words
  if (length > MAX_ARGUMENTS) {
    return `The arguments have ${length} characters, more than the ${MAX_ARGUMENTS} that a readable rule can spell out.`
  }
  if (resources.length > MAX_RESOURCES) {
    return `The call is about ${resources.length} things, more than the ${MAX_RESOURCES} that a readable rule can name.`
  }
  if (commands === 'unknown')
    return 'The script is not understood as a whole, so a rule for it would allow more than it seems to.'
  const because = commands.map(unrulyBecause).find((reason) => reason !== undefined)
  return because === undefined ? undefined : `There is no standing rule for this, because ${because}.`
}

function entity({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}::${quoted(id)}`
}

function oneOf(things: readonly { readonly type: string; readonly id: string }[]): string {
  const types = [...new Set(things.map(({ type }) => type))]
  const choices = types.map((type) => {
    const names = things.filter((thing) => thing.type === type).map(entity)
    return `(resource is ${type} && [${names.join(', ')}].contains(resource))`
  })
  return choices.length === 1 ? (choices[0] as string) : `(${choices.join(' || ')})`
}

/** A string of Cedar's; what a person would not see is written by its number. */
export function quoted(text: string): string {
  const escaped = text
    .replace(/[\\"]/g, (character) => `\\${character}`)
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
  return `"${escaped}"`
}
