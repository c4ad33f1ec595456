import { fileURLToPath } from 'node:url'
import type { Options } from '../options.ts'
import type { StateLayout } from '../state/folder.ts'
import type { EngineIsolation } from './isolation.ts'

export type ProcessName = 'agentd' | 'engine' | 'airlock' | 'gateway'

/** In which they are started; they are stopped from the outside in, see {@link stopOrder}. */
export const startOrder: readonly ProcessName[] = ['agentd', 'engine', 'gateway', 'airlock']
export const stopOrder: readonly ProcessName[] = ['gateway', 'airlock', 'engine', 'agentd']

/** What thinks and what reaches out: kept stopped while the operator has frozen all agents. */
export const heldInEmergency: readonly ProcessName[] = ['engine', 'airlock']
/** What holds credentials: started anew in an emergency of level 2. */
export const renewedInEmergency: readonly ProcessName[] = ['gateway']

/** How to start one process: a command line without secrets, and everything else in the environment. */
export interface ProcessDefinition {
  readonly name: ProcessName
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  /** Where it answers when it is ready: a socket's `/v1/health`, or an HTTP address. */
  readonly health: { readonly socketPath: string } | { readonly url: string }
  /** Whether the instance is not ready before this process is. */
  readonly required: boolean
}

export interface DefinitionInputs {
  readonly layout: StateLayout
  readonly options: Options
  readonly port: number
  readonly isolation: EngineIsolation
  readonly env: NodeJS.ProcessEnv
}

export function defineProcesses(inputs: DefinitionInputs): Record<ProcessName, ProcessDefinition> {
  const { layout, options, port, isolation } = inputs
  const define = (
    name: ProcessName,
    settings: Record<string, string>,
    rest: Pick<ProcessDefinition, 'health' | 'required'>,
  ): ProcessDefinition => {
    const wrapper = name === 'engine' ? isolation.wrapper : []
    const [command = '', ...args] = [...wrapper, process.execPath, ...nodeArguments(name, options.configFile)]
    const logFile = `${layout.logs}/${name}.log`
    return { name, command, args, env: childEnvironment(name, inputs, settings), logFile, ...rest }
  }
  return {
    agentd: define(
      'agentd',
      {
        CASTELLAN_STATE_DIR: layout.root,
        CASTELLAN_AGENT_SOCKET: layout.agentSocket,
        CASTELLAN_OPERATOR_SOCKET: layout.operatorSocket,
        CASTELLAN_RECORD_SOCKET: layout.recordSocket,
        CASTELLAN_ENGINE_SOCKET: layout.engineSocket,
        CASTELLAN_AIRLOCK_SOCKET: layout.airlockAgentdSocket,
        CASTELLAN_TOKEN_FILE: layout.tokenFile,
        CASTELLAN_PAGE_PORT: String(port),
      },
      { health: { socketPath: layout.operatorSocket }, required: true },
    ),
    engine: define(
      'engine',
      {
        CASTELLAN_ENGINE_SOCKET: layout.engineSocket,
        CASTELLAN_MODELS_FOLDER: `${layout.root}/models`,
        ...(options.model === undefined ? {} : { CASTELLAN_MODEL: options.model }),
      },
      { health: { socketPath: layout.engineSocket }, required: false },
    ),
    airlock: define(
      'airlock',
      {
        CASTELLAN_STATE_DIR: layout.root,
        CASTELLAN_AIRLOCK_SOCKET: layout.airlockSocket,
        CASTELLAN_AIRLOCK_OPERATOR_SOCKET: layout.airlockOperatorSocket,
        CASTELLAN_AIRLOCK_AGENTD_SOCKET: layout.airlockAgentdSocket,
        CASTELLAN_RECORD_SOCKET: layout.recordSocket,
      },
      // Without it nothing leaves; everything on this machine works.
      { health: { socketPath: layout.airlockSocket }, required: false },
    ),
    gateway: define(
      'gateway',
      {
        CASTELLAN_STATE_DIR: layout.root,
        CASTELLAN_PORT: String(port),
        CASTELLAN_AGENT_SOCKET: layout.agentSocket,
        CASTELLAN_RECORD_SOCKET: layout.recordSocket,
        CASTELLAN_ENGINE_SOCKET: layout.engineSocket,
        CASTELLAN_AIRLOCK_SOCKET: layout.airlockSocket,
        CASTELLAN_TOKEN_FILE: layout.tokenFile,
      },
      { health: { url: `http://127.0.0.1:${port}/health` }, required: true },
    ),
  }
}

/**
 * agentd's young generation in MiB. Left to itself V8 lets it grow to 16 MiB for each half while everything is loaded and never gives that
 * back, which is a quarter of what agentd takes at rest. nix/package.nix says the same.
 */
const AGENTD_SEMI_SPACE_MIB = 2

/** From source in development, compiled where we are compiled ourselves. */
function nodeArguments(name: ProcessName, configFile: string | undefined): string[] {
  const fromSource = import.meta.url.endsWith('.ts')
  const main = fromSource ? `../../../${name}/src/main.ts` : `../../../${name}/dist/main.js`
  return [
    ...(name === 'agentd' ? [`--max-semi-space-size=${AGENTD_SEMI_SPACE_MIB}`] : []),
    ...(fromSource ? ['--conditions=source'] : []),
    fileURLToPath(new URL(main, import.meta.url)),
    ...(configFile === undefined ? [] : ['--config', `${configFile}#${name}`]),
  ]
}

/**
 * A child sees none of our own variables, only what is meant for it: `CASTELLAN_GATEWAY__PORT` becomes the gateway's
 * `CASTELLAN_PORT`. What we decide ourselves, such as where its sockets are, wins.
 */
function childEnvironment(
  name: ProcessName,
  { layout, options, env }: DefinitionInputs,
  settings: Record<string, string>,
): NodeJS.ProcessEnv {
  const prefix = `CASTELLAN_${name.toUpperCase()}__`
  const inherited = Object.entries(env).flatMap(([key, value]) => {
    if (!key.startsWith('CASTELLAN_')) return [[key, value] as const]
    return key.startsWith(prefix) ? [[`CASTELLAN_${key.slice(prefix.length)}`, value] as const] : []
  })
  return {
    // What V8 made of the sources is found again by the next start, which takes a third less; only who may change them may read it.
    NODE_COMPILE_CACHE: `${layout.root}/cache/compiled`,
    ...(options.logLevel === 'info' ? {} : { CASTELLAN_LOG_LEVEL: options.logLevel }),
    ...Object.fromEntries(inherited),
    ...settings,
    CASTELLAN_SUPERVISED: '1',
  }
}
