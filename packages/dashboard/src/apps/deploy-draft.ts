import { apps } from '../strings/apps.ts'

const { unready } = apps.form
const MiB = 1024 * 1024
/** Names under which people keep secrets, as agentd refuses them: an environment is readable by everybody on the host. */
const SECRET = /PASSW|SECRET|TOKEN|API_?KEY|CREDENTIAL|PRIVATE_?KEY/

/** An app as it is written. */
export interface DeployDraft {
  readonly name: string
  /** One word per line. */
  readonly argv: string
  readonly source: string
  readonly description: string
  readonly network: 'none' | 'local' | 'full'
  readonly memory: string
  readonly cpu: string
  readonly tasks: string
  /** `NAME=value`, one per line. */
  readonly environment: string
}

export function emptyApp(): DeployDraft {
  return {
    ...{ name: '', argv: '', source: '', description: '', network: 'local' },
    ...{ memory: '512', cpu: '100', tasks: '256', environment: '' },
  }
}

/** The words of the command: a line is one word, with its spaces. */
export function argvOf({ argv }: Pick<DeployDraft, 'argv'>): readonly string[] {
  return argv.split('\n').filter((line) => line !== '')
}

/** Why it cannot be deployed as it is; null when it can. */
export function deployProblem(draft: DeployDraft): string | null {
  if (!/^[a-z][a-z0-9-]{0,15}$/.test(draft.name)) return unready.name
  if (!argvOf(draft)[0]?.startsWith('/')) return unready.argv
  if (!isWhole(draft.memory, 16)) return unready.memory
  if (!isWhole(draft.cpu, 1)) return unready.cpu
  if (!isWhole(draft.tasks, 1)) return unready.tasks
  return environmentProblem(draft)
}

/** The arguments of `app_deploy`. Call with a draft without a problem. */
export function deployArguments(draft: DeployDraft) {
  const { name, source, description, network, memory, cpu, tasks } = draft
  const environment = Object.fromEntries(variablesOf(draft).map(({ name: key, value }) => [key, value]))
  return {
    name,
    argv: argvOf(draft),
    ...(source.trim() === '' ? {} : { source: source.trim() }),
    description: description.trim(),
    environment,
    network,
    memoryBytes: memoryBytesOf(memory),
    cpuPercent: Number(cpu),
    tasks: Number(tasks),
  }
}

export function memoryBytesOf(mebibytes: string): number {
  return Number(mebibytes) * MiB
}

interface Variable {
  readonly line: string
  readonly name: string
  readonly value: string
}

function variablesOf({ environment }: Pick<DeployDraft, 'environment'>): Variable[] {
  const lines = environment.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => {
    const [, name = '', value = ''] = /^([A-Z_][A-Z0-9_]{0,63})=(.*)$/.exec(line) ?? []
    return { line, name, value }
  })
}

function environmentProblem(draft: DeployDraft): string | null {
  for (const { line, name } of variablesOf(draft)) {
    if (name === '') return unready.environment(line.slice(0, 40))
    if (SECRET.test(name)) return unready.secret(name)
  }
  return null
}

function isWhole(text: string, least: number): boolean {
  return /^\s*\d{1,9}\s*$/.test(text) && Number(text) >= least
}
