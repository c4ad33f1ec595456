import type { KnownKeys } from './known-keys.ts'

/** Variables with our prefix that are about the process, not its configuration. */
const exempt = new Set(['CASTELLAN_SUPERVISED', 'CASTELLAN_STATE'])

export interface EnvironmentValue {
  /** The variable, e.g. `CASTELLAN_LIMITS__CALLS`. */
  readonly variable: string
  /** Where it belongs, e.g. `['limits', 'calls']`. */
  readonly path: readonly string[]
  readonly text: string
}

/** The variables that start with `prefix`, each with the key it stands for. Double underscores nest. */
export function readEnvironment(env: NodeJS.ProcessEnv, prefix: string, known: KnownKeys): EnvironmentValue[] {
  const values: EnvironmentValue[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || text === undefined) continue
    const path = variable.slice(prefix.length).split('__').map(camelCase)
    // A schema may itself have a key that is exempt elsewhere, such as the supervisor's `state`.
    if (exempt.has(variable) && !known.at([]).includes(path[0] as string)) continue
    values.push({ variable, path, text })
  }
  return values
}

/** `MAX_FRAME_BYTES` → `maxFrameBytes`. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** `['limits', 'maxCalls']` → `CASTELLAN_LIMITS__MAX_CALLS`. */
export function variableName(prefix: string, path: readonly string[]): string {
  return prefix + path.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('__')
}
