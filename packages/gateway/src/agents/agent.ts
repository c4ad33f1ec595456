import type { AgentMemory, AgentName, AgentView, EngineChoice, Sha256Hex } from '@castellan/contracts'

/** Who speaks in a chat, as it was at one moment: a chat keeps it while agents.json changes. */
export interface Agent {
  /** The name agentd's policy knows it by. */
  readonly name: AgentName
  readonly title: string | null
  /** What a chat model is told about its post. The built-in model reads none. */
  readonly systemPrompt: string
  readonly promptSource: AgentView['prompt_source']
  readonly engine: EngineChoice
  readonly memory: AgentMemory
  /** SHA-256 of all of it: two snapshots with the same one are the same. */
  readonly digest: Sha256Hex
}
