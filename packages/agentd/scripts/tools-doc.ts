import type { ToolDescriptor } from '@castellan/contracts'

/** One call that was really made, and what came back: recorded by record-tool-examples.ts. */
export interface ToolExample {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
  readonly summary: string
  /** The tool's output; absent where it refused. */
  readonly result?: unknown
  readonly error?: { readonly code: string }
}

type Schema = Readonly<Record<string, unknown>>

/** docs/tools.md: every tool with its arguments, its answer, and examples that really ran. */
export function renderToolsDoc(descriptors: readonly ToolDescriptor[], examples: readonly ToolExample[]): string {
  const contents = descriptors.map(({ name, description, effect }) => {
    return `| [${name}](#${name}) | ${cell(firstSentence(description))} | ${effect} |`
  })
  const sections = descriptors.map((descriptor) => {
    return renderTool(
      descriptor,
      examples.filter(({ tool }) => tool === descriptor.name),
    )
  })
  return [
    '<!-- Made by packages/agentd/scripts/generate-tools-doc.ts from the tools themselves. Do not edit by hand. -->',
    '',
    '# Tools',
    '',
    'Everything an agent can do on a machine, it does through these tools. Each call is checked against policy, recorded in',
    'the ledger before it happens, and answered with a typed result and a sentence for people. `read` tools change nothing;',
    '`change` tools can be taken back with `undo_apply` or `agentctl undo`. Unknown arguments are refused. The examples are',
    'calls that really ran, in a throwaway Debian machine with systemd and nix.',
    '',
    '| tool | what it is for | effect |',
    '| --- | --- | --- |',
    ...contents,
    '',
    ...sections.flat(),
  ].join('\n')
}

function renderTool(descriptor: ToolDescriptor, examples: readonly ToolExample[]): string[] {
  const { name, description, effect, undo, limits, inputSchema, outputSchema } = descriptor
  const properties = [
    effect,
    undo === 'none' ? 'nothing to undo' : undo === 'inverse' ? 'can be undone' : 'undone by going back a generation',
    `${limits.timeoutMs / 1000} s`,
    `answers up to ${limits.outputBytes / 1024} KiB`,
    `${limits.perMinute} calls a minute`,
  ]
  return [
    `## ${name}`,
    '',
    description,
    '',
    `*${properties.join(' · ')}*`,
    '',
    ...renderArguments(inputSchema),
    ...renderAnswer(outputSchema),
    ...examples.flatMap(renderExample),
  ]
}

function renderArguments(schema: Schema): string[] {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
  if (properties.length === 0) return ['No arguments.', '']
  const required = new Set((schema.required ?? []) as string[])
  const rows = properties.map(([name, property]) => {
    return `| \`${name}\` | ${typeOf(property)} | ${required.has(name) ? 'yes' : ''} | ${cell(property.description)} |`
  })
  return ['| argument | type | required | meaning |', '| --- | --- | --- | --- |', ...rows, '']
}

function renderAnswer(schema: Schema): string[] {
  const rows = fieldsOf(schema, '').map(
    ([name, field]) => `| \`${name}\` | ${typeOf(field)} | ${cell(field.description)} |`,
  )
  return ['| answer | type | meaning |', '| --- | --- | --- |', ...rows, '']
}

function renderExample({ tool, args, summary, result, error }: ToolExample): string[] {
  const answer =
    error === undefined ? ['```json', JSON.stringify(result, null, 2), '```'] : [`Refused with \`${error.code}\`.`]
  return [
    '```json',
    JSON.stringify({ tool, args }),
    '```',
    '',
    `> ${summary.replaceAll('\n', '\n> ')}`,
    '',
    ...answer,
    '',
  ]
}

/** The fields of an object, those inside lists and objects under dotted names. */
function fieldsOf(schema: Schema, prefix: string): [string, Schema][] {
  return Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(
    ([key, property]): [string, Schema][] => {
      const name = `${prefix}${key}`
      const inner = withoutNull(property)
      const items = inner.items as Schema | undefined
      if (items?.properties !== undefined) return [[name, property], ...fieldsOf(items, `${name}[].`)]
      if (inner.properties !== undefined) return [[name, property], ...fieldsOf(inner, `${name}.`)]
      return [[name, property]]
    },
  )
}

function typeOf(schema: Schema): string {
  const inner = withoutNull(schema)
  const nullable = inner === schema ? '' : ' or null'
  const values = inner.enum as readonly unknown[] | undefined
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ') + nullable
  const items = inner.items as Schema | undefined
  if (items !== undefined) return `list of ${items.properties === undefined ? typeOf(items) : 'objects'}${nullable}`
  if (inner.format === 'date-time') return `time${nullable}`
  const types = [inner.type ?? 'any'].flat().map(String)
  return `${types.join(' or ')}${nullable}`
}

/** zod writes a nullable field as a choice with null. */
function withoutNull(schema: Schema): Schema {
  const choices = schema.anyOf as readonly Schema[] | undefined
  return choices?.find(({ type }) => type !== 'null') ?? schema
}

function firstSentence(text: string): string {
  return /^.*?[.](?= |$)/s.exec(text)?.[0] ?? text
}

function cell(text: unknown): string {
  return typeof text === 'string' ? text.replaceAll('|', '\\|').replaceAll('\n', ' ') : ''
}
