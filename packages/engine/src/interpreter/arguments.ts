import type { ToolDescriptor } from '@castellan/contracts'
import type { Reading } from './decode.ts'
import { takesArgument } from './references.ts'
import { finishValue } from './values.ts'

type Args = Readonly<Record<string, unknown>>

const REASON_CHARACTERS = 200

/** The arguments that a reading found in its request; one whose words do not make a value is left out. */
export function saidIn(reading: Reading, text: string): Record<string, unknown> {
  const said = [...reading.args].map(([name, value]) => [name, finishValue(name, value, text)] as const)
  return Object.fromEntries(said.filter(([, value]) => value !== undefined))
}

/** Adds what a tool wants to know and what every request says by being made: why, and from whom. */
export function supplied(tool: ToolDescriptor, args: Args, text: string): Record<string, unknown> {
  const further: Record<string, unknown> = {}
  const wants = (name: string): boolean => !(name in args) && requires(tool, name)
  if (wants('reason')) further.reason = `asked for: ${text.slice(0, REASON_CHARACTERS)}`
  if (wants('source')) further.source = 'said in a conversation'
  return { ...args, ...further }
}

/** A single value as a list of one where the tool takes a list. */
export function fitSchema(tool: ToolDescriptor, args: Args): Record<string, unknown> {
  const properties = (tool.inputSchema.properties ?? {}) as Readonly<Record<string, { type?: unknown }>>
  const fitted = Object.entries(args).map(([name, value]) => {
    const wantsList = properties[name]?.type === 'array'
    return [name, wantsList && !Array.isArray(value) ? [value] : value] as const
  })
  return Object.fromEntries(fitted)
}

function requires(tool: ToolDescriptor, name: string): boolean {
  const { required } = tool.inputSchema
  return takesArgument(tool, name) && Array.isArray(required) && required.includes(name)
}
