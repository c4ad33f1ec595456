import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  AgentName,
  AgentsFile,
  CastellanError,
  describeIssues,
  MAX_AGENTS_FILE_BYTES,
  type Sha256Hex,
} from '@castellan/contracts'
import { parseJson } from '@castellan/daemon'
import type { Agent } from './agent.ts'
import { agentOf, mainAgent } from './built-in.ts'
import { readPrompt } from './prompt-file.ts'

/** agents.json as it was read once, with the prompts it names. */
export interface ReadAgents {
  /** Null where there is no file. */
  readonly file: AgentsFile | null
  readonly digest: Sha256Hex | null
  readonly agents: ReadonlyMap<string, Agent>
  readonly default: Agent
}

const NONE: ReadAgents = {
  file: null,
  digest: null,
  agents: new Map([[mainAgent.name, mainAgent]]),
  default: mainAgent,
}

export function digestOf(text: string): Sha256Hex {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Reads agents.json; without one there is the built-in agent alone. Prompt files have to lie in `promptFolders`, or in `prompts`
 * beside it. Throws `agents_invalid`, which says everything that is wrong with it.
 */
export async function readAgents(path: string, promptFolders: readonly string[]): Promise<ReadAgents> {
  const text = await textOf(path)
  if (text === null) return NONE
  return understand(text, path, promptFolders)
}

/** What a text would mean as agents.json. Throws `agents_invalid`. */
export async function understand(text: string, path: string, promptFolders: readonly string[]): Promise<ReadAgents> {
  const file = fileOf(text, path)
  const folders = [join(dirname(path), 'prompts'), ...promptFolders]
  const agents = new Map<string, Agent>()
  const problems: string[] = []
  for (const [key, description] of Object.entries(file.agents)) {
    const name = AgentName.parse(key)
    try {
      const { prompt = null, prompt_file } = description
      const words = prompt_file === undefined ? prompt : await readPrompt(prompt_file, dirname(path), folders)
      agents.set(name, agentOf(name, description, words))
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error
      problems.push(`agents.${name}.prompt_file: ${error.message}`)
    }
  }
  if (problems.length > 0) throw invalid(path, problems.join(' '))
  const main = agents.get(file.default ?? 'main') ?? [...agents.values()][0]
  if (main === undefined) throw invalid(path, 'it has no agents.')
  return { file, digest: digestOf(text), agents, default: main }
}

function fileOf(text: string, path: string): AgentsFile {
  let value: unknown
  try {
    value = parseJson(text, path)
  } catch (error) {
    throw invalid(path, (error as Error).message)
  }
  const parsed = AgentsFile.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(path, `${describeIssues(parsed.error)}.`)
}

/** Null where there is none. */
async function textOf(path: string): Promise<string | null> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw invalid(path, (error as Error).message)
  }
  try {
    const { size } = await file.stat()
    if (size > MAX_AGENTS_FILE_BYTES) throw invalid(path, `it has ${size} bytes; at most ${MAX_AGENTS_FILE_BYTES}.`)
    return await file.readFile('utf8')
  } catch (error) {
    throw error instanceof CastellanError ? error : invalid(path, (error as Error).message)
  } finally {
    await file.close()
  }
}

export function invalid(path: string, why: string): CastellanError {
  return new CastellanError('agents_invalid', `${path} does not fit: ${why}`)
}
