import { BudgetResource, type ToolResource } from '@castellan/contracts'
import { z } from 'zod'
import type { Tool } from '../tools/define.ts'
import type { CedarSchema } from './cedar.ts'
import type { PolicyTool } from './policy.ts'

/** The types of entities, by what they stand for. */
export const resourceTypes: Readonly<Record<ToolResource['kind'], string>> = {
  path: 'Path',
  unit: 'Unit',
  host: 'Host',
  option: 'Option',
  generation: 'Generation',
  process: 'Process',
  app: 'App',
  model: 'Model',
  'mcp-server': 'McpServer',
  machine: 'Machine',
}

export const principalTypes = { agent: 'Agent', operator: 'Operator', routine: 'Routine' } as const

/** Groups that a tool's action is in: by effect, `reversible`, and `mcp` for tools of other MCP servers. */
export const actionGroups = ['read', 'change', 'destroy', 'reversible', 'mcp'] as const

export function groupsOf({ name, effect, undo }: PolicyTool): string[] {
  return [
    effect,
    ...(effect === 'change' && undo !== 'none' ? ['reversible'] : []),
    ...(isForeign(name) ? ['mcp'] : []),
  ]
}

/** Tools of other MCP servers are `server__tool`. They come and go, so a rule may name one that is not there. */
export function isForeign(name: string): boolean {
  return name.includes('__')
}

export type ArgumentType = 'string' | 'integer' | 'boolean' | 'strings'

/** The arguments that rules can read as `context.args`: texts, whole numbers, truth values and lists of texts. */
export function argumentTypes(tool: Pick<Tool, 'input'>): Map<string, { type: ArgumentType; always: boolean }> {
  const schema = z.toJSONSchema(tool.input, { io: 'output', unrepresentable: 'any' }) as JsonSchema
  const known = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const type = argumentType(property)
    return type === undefined ? [] : [[name, { type, always: schema.required?.includes(name) === true }] as const]
  })
  return new Map(known)
}

interface JsonSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly enum?: readonly unknown[]
  readonly const?: unknown
}

function argumentType({ type, items, enum: values, const: constant }: JsonSchema): ArgumentType | undefined {
  if (values !== undefined) return values.every((value) => typeof value === 'string') ? 'string' : undefined
  if (constant !== undefined) return typeof constant === 'string' ? 'string' : undefined
  if (type === 'string' || type === 'integer' || type === 'boolean') return type
  return type === 'array' && items?.type === 'string' ? 'strings' : undefined
}

type Attribute = { readonly type: string; readonly [key: string]: unknown }

const text: Attribute = { type: 'String' }
const whole: Attribute = { type: 'Long' }
const truth: Attribute = { type: 'Boolean' }
const texts: Attribute = { type: 'Set', element: text }
const cedarTypes: Readonly<Record<ArgumentType, Attribute>> = {
  string: text,
  integer: whole,
  boolean: truth,
  strings: texts,
}

/** What every rule can read as `context`; `context.args` comes with the tool. See docs/policy.md. */
const contextAttributes: Readonly<Record<string, Attribute>> = {
  mode: text,
  approvals: whole,
  taint: texts,
  command: text,
  agreed: truth,
  session: text,
  channel: text,
  capability: truth,
  access: text,
  arguments: text,
  argumentsDigest: text,
  time: record({ epochSeconds: whole, hour: whole, minute: whole, weekday: text }),
  left: record(Object.fromEntries(BudgetResource.options.map((name) => [name, { ...whole, required: false }]))),
}

function record(attributes: Readonly<Record<string, Attribute>>): Attribute {
  return { type: 'Record', attributes }
}

function contextWith(args: Readonly<Record<string, Attribute>>): Attribute {
  return record({ ...contextAttributes, args: record(args) })
}

function argumentRecord(tool: Pick<Tool, 'input'>): Record<string, Attribute> {
  return Object.fromEntries(
    [...argumentTypes(tool)].map(([name, { type, always }]) => [name, { ...cedarTypes[type], required: always }]),
  )
}

const entityTypes = {
  Channel: {},
  Agent: { memberOfTypes: ['Channel'] },
  Operator: {},
  Routine: {},
  ...Object.fromEntries(Object.values(resourceTypes).map((type) => [type, { memberOfTypes: [type] }])),
}

function appliesTo(context: Attribute) {
  return {
    principalTypes: Object.values(principalTypes),
    resourceTypes: Object.values(resourceTypes),
    context,
  }
}

function schemaOf(actions: Readonly<Record<string, object>>): CedarSchema {
  return { '': { entityTypes, actions } } as unknown as CedarSchema
}

const groups = Object.fromEntries(actionGroups.map((name) => [name, {}]))

/** The whole schema of these tools: what rules can name and read. `named` are known as well, but nothing applies to them. */
export function policySchema(tools: readonly Tool[], named: readonly PolicyTool[] = []): CedarSchema {
  const actions = tools.map((tool) => [
    tool.name,
    {
      memberOf: groupsOf(tool).map((id) => ({ id })),
      appliesTo: appliesTo(contextWith(argumentRecord(tool))),
    },
  ])
  return schemaOf({ ...groups, ...namesOf(named), ...Object.fromEntries(actions) })
}

/** The action that stands for all tools in {@link commonSchema}. */
export const ANY_ACTION = 'any_tool'

/**
 * The part of the schema that all tools share: every name is known, and one action applies. Rules that read no argument are
 * validated with it, once instead of once a tool; the result is the same because nothing else differs between tools.
 */
export function commonSchema(tools: readonly PolicyTool[]): CedarSchema {
  const any = { memberOf: [], appliesTo: appliesTo(record(contextAttributes)) }
  return schemaOf({ ...groups, ...namesOf(tools), [ANY_ACTION]: any })
}

function namesOf(tools: readonly PolicyTool[]): Record<string, object> {
  return Object.fromEntries(tools.map((tool) => [tool.name, { memberOf: groupsOf(tool).map((id) => ({ id })) }]))
}
