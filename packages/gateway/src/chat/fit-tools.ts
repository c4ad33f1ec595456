import type { ToolDescriptor } from '@castellan/contracts'
import { tokensOf } from './tokens.ts'

/** Most of a model's context that the list of tools may take. */
const SHARE = 0.3
/** Words are compared by their beginnings, so that `services` finds `service`. */
const STEM_CHARACTERS = 5
/** What nearly every question about a machine needs; offered first where words decide nothing. */
const COMMON: readonly string[] = [
  'system_health',
  'disk_usage',
  'memory_usage',
  'service_status',
  'journal_query',
  'process_list',
  'file_read',
  'skill_list',
  'skill_read',
]

export interface Fitting {
  readonly tools: ToolDescriptor[]
  /** How many did not fit. */
  readonly left: number
}

/**
 * The tools that a model is told of: all of them where they fit into its context, else those whose words the conversation shares
 * most, the rare words counting more, and those that were called already. The order stays, and the same words give the same
 * tools.
 */
export function fitTools(
  tools: readonly ToolDescriptor[],
  {
    said,
    called,
    contextTokens,
  }: {
    readonly said: string
    /** Names of tools that the conversation has called. */
    readonly called: ReadonlySet<string>
    readonly contextTokens: number
  },
): Fitting {
  let room = Math.floor(contextTokens * SHARE)
  const sized = tools.map((tool) => ({ tool, tokens: tokensOfTool(tool) }))
  if (sized.reduce((sum, { tokens }) => sum + tokens, 0) <= room) return { tools: [...tools], left: 0 }
  const score = scorer(tools, said)
  const byWorth = sized
    .map((one) => ({ ...one, score: (called.has(one.tool.name) ? CALLED : 0) + score(one.tool) }))
    .toSorted((a, b) => b.score - a.score)
  const taken = new Set<string>()
  for (const { tool, tokens } of byWorth) {
    if (tokens > room) continue
    room -= tokens
    taken.add(tool.name)
  }
  const fitting = tools.filter(({ name }) => taken.has(name))
  return { tools: fitting, left: tools.length - fitting.length }
}

/** About how many tokens of a request the tools are: providers are sent the name, the description and the input. */
export function tokensOfTools(tools: readonly ToolDescriptor[]): number {
  return tools.reduce((sum, tool) => sum + tokensOfTool(tool), 0)
}

function tokensOfTool({ name, description, inputSchema }: ToolDescriptor): number {
  return tokensOf(JSON.stringify({ name, description, inputSchema }))
}

/** More than any words come to: a conversation must be able to go on with what it began. */
const CALLED = 1_000

/** The sum over the words said of how rare each is among the tools (inverse document frequency); names count twice. */
function scorer(tools: readonly ToolDescriptor[], said: string): (tool: ToolDescriptor) => number {
  const words = new Map(tools.map((tool) => [tool.name as string, stems(`${tool.title} ${tool.description}`)]))
  const names = new Map(tools.map((tool) => [tool.name as string, stems(tool.name)]))
  const rarity = (stem: string): number => {
    const having = tools.filter(({ name }) => words.get(name)?.has(stem) || names.get(name)?.has(stem)).length
    return having === 0 ? 0 : Math.log(1 + tools.length / having)
  }
  const wanted = [...stems(said)].map((stem) => [stem, rarity(stem)] as const)
  return ({ name }) => {
    let score = COMMON.includes(name) ? 1 : 0
    for (const [stem, worth] of wanted) {
      if (names.get(name)?.has(stem)) score += 2 * worth
      else if (words.get(name)?.has(stem)) score += worth
    }
    return score
  }
}

function stems(text: string): Set<string> {
  const words = text.toLowerCase().match(/\p{L}{3,}/gu) ?? []
  return new Set(words.map((word) => word.slice(0, STEM_CHARACTERS)))
}
