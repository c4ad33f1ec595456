import { z } from 'zod'
import { EngineChoice } from './engines.ts'
import { AgentName, Sha256Hex, Timestamp } from './ids.ts'

/** Largest agents.json, and largest prompt file, in bytes. */
export const MAX_AGENTS_FILE_BYTES = 1024 * 1024
export const MAX_PROMPT_BYTES = 32 * 1024

/** What is recalled from memory before an agent answers. */
export const AgentMemory = z.strictObject({
  enabled: z.boolean().default(true),
  /** Most tokens of recalled facts in one turn, counted as a third of their characters, which is rather too many than too few. */
  token_budget: z.int().min(64).max(8192).default(600),
})
export type AgentMemory = z.infer<typeof AgentMemory>

/** One agent of agents.json. */
export const AgentDescription = z
  .strictObject({
    /** For people. */
    title: z.string().trim().min(1).max(80).optional(),
    /** What the model is told about its post; the built-in words where neither this nor a file is given. */
    prompt: z.string().trim().min(1).max(MAX_PROMPT_BYTES).optional(),
    /** A file with the prompt, at most 32 KiB of UTF-8, inside an allowed folder; a relative path begins at the folder of agents.json. */
    prompt_file: z.string().min(1).max(1024).optional(),
    engine: EngineChoice.default({ engine: 'llama' }),
    memory: AgentMemory.prefault({}),
  })
  .check((context) => {
    if (context.value.prompt === undefined || context.value.prompt_file === undefined) return
    context.issues.push({
      code: 'custom',
      path: ['prompt_file'],
      input: context.value.prompt_file,
      message: 'cannot stand beside prompt: give the words or the file',
    })
  })
export type AgentDescription = z.infer<typeof AgentDescription>

/** agents.json: who can be talked to. */
export const AgentsFile = z
  .strictObject({
    version: z.literal(1),
    /** Whom a chat belongs to that names nobody; without it `main`, or the first. */
    default: AgentName.optional(),
    agents: z.record(AgentName, AgentDescription),
  })
  .check((context) => {
    const { agents, default: name } = context.value
    const names = Object.keys(agents)
    const count = names.length
    if (count < 1 || count > 64) {
      const message = 'must have 1 to 64 agents'
      context.issues.push({ code: 'custom', path: ['agents'], input: count, message })
    }
    if (name !== undefined && !names.includes(name)) {
      context.issues.push({ code: 'custom', path: ['default'], input: name, message: 'must be one of the agents' })
    }
  })
export type AgentsFile = z.infer<typeof AgentsFile>

/** An agent as the API shows it. */
export const AgentView = z.strictObject({
  name: AgentName,
  title: z.string().nullable(),
  is_default: z.boolean(),
  /** `built_in`: there is no agents.json, or the words of this one are not in it. */
  prompt_source: z.enum(['built_in', 'inline', 'file']),
  engine: EngineChoice,
  memory: AgentMemory,
  /** SHA-256 of all of this and the prompt: another one is another snapshot. */
  digest: Sha256Hex,
})
export type AgentView = z.infer<typeof AgentView>

/** What is in force, and why the file on disk is not where it is not. */
export const AgentsState = z.strictObject({
  /** SHA-256 of agents.json as it was read; null without a file. */
  digest: Sha256Hex.nullable(),
  loaded_at: Timestamp,
  /** Why the last reading was refused; the agents from before are in force. Null while all is well. */
  problem: z.string().nullable(),
})
export type AgentsState = z.infer<typeof AgentsState>
