import type { ToolDescriptor } from '@castellan/contracts'
import type { ChatModelFunctions } from 'node-llama-cpp'
import { grammarSchema } from './schema.ts'

/** The tools as functions of the chat template. Only these names, and only arguments of their schemas, can be generated. */
export function chatFunctions(tools: readonly ToolDescriptor[]): ChatModelFunctions | undefined {
  if (tools.length === 0) return undefined
  return Object.fromEntries(
    tools.map((tool) => [tool.name, { description: tool.description, params: grammarSchema(tool.inputSchema) }]),
  )
}
