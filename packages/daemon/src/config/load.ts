import { readFileSync } from 'node:fs'
import { CastellanError, describeIssue } from '@castellan/contracts'
import { z } from 'zod'
import { parseJson } from '../json.ts'
import { nearest } from '../nearest.ts'
import { type EnvironmentValue, readEnvironment, variableName } from './environment.ts'
import { KnownKeys } from './known-keys.ts'

/** A key is looked for among a few others, so that a guess may be bolder than for a command: half of it may differ. */
const LIKENESS = 1 / 2

/** What every process can be told. Extend it; it stays strict. */
export const ProcessConfig = z.strictObject({
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
})

export interface ConfigSources {
  /** A JSON file; `FILE#section` reads only the object under that key. Must exist when given. */
  readonly file?: string | undefined
  /** Environment variables; `process.env` without it. They win over the file. */
  readonly env?: NodeJS.ProcessEnv
  /** `CASTELLAN_` without it. */
  readonly prefix?: string
}

/**
 * The configuration of one process, checked. Every problem is in the one `config_invalid` it throws: a key nobody reads
 * is as wrong as a bad value, because an option that silently does nothing is worse than one that is refused.
 * Secrets have no place here: only the paths of files that hold them.
 */
export function loadConfig<Schema extends z.ZodObject>(schema: Schema, sources: ConfigSources = {}): z.output<Schema> {
  const { env = process.env, prefix = 'CASTELLAN_' } = sources
  const known = new KnownKeys(schema)
  const file = sources.file === undefined ? undefined : readFile(sources.file)
  const variables = readEnvironment(env, prefix, known)

  const candidate: Record<string, unknown> = structuredClone(file?.values ?? {})
  for (const { path, text } of variables) place(candidate, path, text)

  let result = schema.safeParse(candidate)
  if (!result.success) {
    // Text that the schema does not take as text may be JSON: a number, a switch, a list.
    for (const { path, text } of variables) {
      if (result.error.issues.some((issue) => startsWith(issue.path, path))) place(candidate, path, asJson(text))
    }
    result = schema.safeParse(candidate)
  }
  if (result.success) return result.data

  const nameOf = (path: readonly PropertyKey[]): string => describePlace(path, variables, file, prefix)
  const problems = result.error.issues.flatMap((issue) => describe(issue, known, nameOf, prefix))
  throw new CastellanError('config_invalid', `The configuration is not usable. ${problems.join(' ')}`, {
    detail: { problems },
  })
}

interface ConfigFile {
  readonly name: string
  readonly section: string | undefined
  readonly values: Record<string, unknown>
}

function readFile(reference: string): ConfigFile {
  const [name = '', section] = reference.split('#', 2)
  let text: string
  try {
    text = readFileSync(name, 'utf8')
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : (cause as Error).message
    throw new CastellanError('config_invalid', `The configuration file ${name} cannot be read: ${why}.`, { cause })
  }
  let values: unknown
  try {
    values = parseJson(text, `The configuration file ${name}`)
  } catch (cause) {
    throw new CastellanError('config_invalid', (cause as Error).message, { cause })
  }
  if (section !== undefined && isObject(values)) values = values[section] ?? {}
  if (!isObject(values)) {
    const what = section === undefined ? 'The configuration file' : `The key ${section} of the configuration file`
    throw new CastellanError('config_invalid', `${what} ${name} must hold a JSON object.`)
  }
  return { name, section, values }
}

/** One sentence per problem, naming the key the way the reader wrote it. */
function describe(
  issue: z.core.$ZodIssue,
  known: KnownKeys,
  nameOf: (path: readonly PropertyKey[]) => string,
  prefix: string,
): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${nameOf(issue.path)}: ${describeIssue(issue)}.`]
  return issue.keys.map((key) => {
    const name = nameOf([...issue.path, key])
    const isVariable = name.startsWith(prefix)
    const written = (candidate: string): string =>
      isVariable ? variableName(prefix, [...issue.path.map(String), candidate]) : candidate
    const section = isVariable && known.sectionsAt(issue.path).find((start) => hasWordAfter(key, start))
    if (section) {
      return `${name} is not known. Variables of ${section} start with ${written(section)}__ (two underscores).`
    }
    const candidates = known.at(issue.path)
    const candidate = nearest(key, candidates, LIKENESS)
    const hint =
      candidate === undefined
        ? `Known are ${candidates.map(written).join(', ')}.`
        : `Did you mean ${written(candidate)}?`
    return `${name} is not known. ${hint}`
  })
}

/** `limitsCalls` goes on from `limits` with another word; `limited` does not. */
function hasWordAfter(key: string, start: string): boolean {
  return key.startsWith(start) && /^[A-Z0-9]/.test(key.slice(start.length))
}

/** Where a value came from, or where it should have come from. */
function describePlace(
  path: readonly PropertyKey[],
  variables: readonly EnvironmentValue[],
  file: ConfigFile | undefined,
  prefix: string,
): string {
  const variable = variables.find((value) => startsWith(path, value.path) || startsWith(value.path, path))
  if (variable !== undefined) return variable.variable
  const key = [...(file?.section === undefined ? [] : [file.section]), ...path.map(String)].join('.')
  if (file !== undefined) return `${key} in ${file.name}`
  return variableName(prefix, path.map(String))
}

function place(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let object = target
  for (const key of path.slice(0, -1)) {
    if (!isObject(object[key])) object[key] = {}
    object = object[key] as Record<string, unknown>
  }
  object[path.at(-1) as string] = value
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function startsWith(path: readonly PropertyKey[], start: readonly PropertyKey[]): boolean {
  return start.length <= path.length && start.every((step, index) => String(path[index]) === step)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
