import type { ToolDescriptor } from '@castellan/contracts'
import { fitSchema, saidIn } from './arguments.ts'
import type { Readings } from './decode.ts'
import { heedExplicit } from './explicit/explicit.ts'

/** One reading in the model's order; `tool` is null for "no tool serves this". */
export interface Ranked {
  readonly tool: string | null
  readonly args: Readonly<Record<string, unknown>>
  readonly probability: number
}

/** Readings and "no tool" in one order, likeliest first: the model's view before any gate. */
export function rankReadings(
  text: string,
  { none, readings }: Readings,
  tools: readonly ToolDescriptor[],
): readonly Ranked[] {
  const byName = new Map<string, ToolDescriptor>(tools.map((tool) => [tool.name, tool]))
  const ranked: Ranked[] = readings.map((reading) => {
    const args = saidIn(reading, text)
    const tool = byName.get(reading.tool)
    const heeded = heedExplicit(args, text, tool)
    const fitted = tool === undefined ? heeded : fitSchema(tool, heeded)
    return { tool: reading.tool, args: fitted, probability: reading.toolProbability }
  })
  ranked.push({ tool: null, args: {}, probability: none })
  return ranked.sort((a, b) => b.probability - a.probability)
}

export function toolNames(tools: readonly ToolDescriptor[]): ReadonlySet<string> {
  return new Set(tools.map((tool) => tool.name))
}
