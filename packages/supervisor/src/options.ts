import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { loadConfig, ProcessConfig } from '@castellan/daemon'
import { z } from 'zod'
import type { Arguments } from './terminal/arguments.ts'

export const DEFAULT_PORT = 18_789

/** A process's own part of config.json; the process itself checks it, so that every key has one reader. */
const Section = z.record(z.string(), z.unknown()).default({})

/** `config.json` in the state folder, and `CASTELLAN_*` variables. */
const SupervisorConfig = ProcessConfig.extend({
  port: z.int().min(0).max(65_535).default(DEFAULT_PORT),
  /** A GGUF file to think with instead of the built-in model. */
  model: z.string().min(1).optional(),
  agentd: Section,
  engine: Section,
  airlock: Section,
  gateway: Section,
})

export interface Options {
  /** Absolute. */
  readonly stateDir: string
  readonly isDefaultState: boolean
  readonly port: number
  /** Absolute. */
  readonly model: string | undefined
  readonly json: boolean
  readonly logLevel: z.infer<typeof ProcessConfig>['logLevel']
  /** The state folder's config.json where there is one. */
  readonly configFile: string | undefined
}

/** Arguments win over variables, variables over config.json. Throws `config_invalid`. */
export function readOptions(given: Arguments, env: NodeJS.ProcessEnv): Options {
  const fallback = join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'castellan')
  const stateDir = resolve(given.state ?? (env.CASTELLAN_STATE || fallback))
  const candidate = join(stateDir, 'config.json')
  const configFile = existsSync(candidate) ? candidate : undefined
  const config = loadConfig(SupervisorConfig, { file: configFile, env })
  const model = given.model ?? config.model
  return {
    stateDir,
    isDefaultState: stateDir === fallback,
    port: given.port ?? config.port,
    model: model === undefined ? undefined : resolve(model),
    json: given.json,
    logLevel: config.logLevel,
    configFile,
  }
}
