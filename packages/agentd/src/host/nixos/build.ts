import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, type ToolProgress } from '@castellan/contracts'
import { z } from 'zod'
import { systemProgramFolders } from '../command.ts'
import { descendants, killAll } from '../descendants.ts'
import { findNix } from '../nix/commands.ts'
import { reasonIn } from './evaluate.ts'

/** Time nix has to stop its builders itself, in milliseconds; what is left then is killed. */
const GRACE_MS = 1500
/** Progress is told at most so often. */
const TELL_MS = 250
const MAX_LOG_LINES = 200

/** Activity and result types of nix's internal log (src/libutil/logging.hh of Nix). */
const ACTIVITY_BUILD = 105
const ACTIVITY_COPY = 100
const ACTIVITY_BUILDS = 104
const RESULT_PROGRESS = 105
const RESULT_LOG_LINE = 101

const Event = z.looseObject({
  action: z.string(),
  id: z.number().optional(),
  type: z.number().optional(),
  level: z.number().optional(),
  text: z.string().optional(),
  msg: z.string().optional(),
  fields: z.array(z.union([z.string(), z.number()])).optional(),
})

const Built = z
  .array(z.looseObject({ drvPath: z.string().optional(), outputs: z.record(z.string(), z.string()) }))
  .min(1)

export interface Build {
  /** Store path of what was built. */
  readonly path: string
  /** Derivations that were built, and paths that were fetched. */
  readonly built: number
  readonly fetched: number
}

/**
 * Runs `nix build` with these arguments and answers the first output. `link` keeps it from being collected as garbage.
 * Progress is told as it comes; an abort ends nix and every builder it started. Throws `command_failed` with nix's own reason
 * and the last lines of the log.
 */
export async function nixBuild(
  args: readonly string[],
  link: string,
  tell: (progress: ToolProgress) => void,
  signal: AbortSignal,
): Promise<Build> {
  signal.throwIfAborted()
  const program = await findNix('nix')
  await mkdir(dirname(link), { recursive: true })
  const options = ['build', '--json', '--out-link', link, '--log-format', 'internal-json', '-v', ...args]
  const child = spawn(program, options, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { LC_ALL: 'C.UTF-8', PATH: systemProgramFolders.join(':'), TZ: 'UTC', ...whoBuilds() },
  })
  const log = new BuildLog(tell)
  const lines = createInterface({ input: child.stderr })
  lines.on('line', (line) => log.take(line))
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  let stopping: Promise<void> | undefined
  const stop = () => {
    if (child.pid !== undefined) stopping = stopTree(child.pid)
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    await stopping
    signal.throwIfAborted()
    if (exitCode !== 0)
      throw new CastellanError('command_failed', log.failure(exitCode), { detail: { log: log.tail() } })
    const path = Built.parse(JSON.parse(stdout))[0]?.outputs.out
    if (path === undefined)
      throw new CastellanError('command_failed', 'nix built something that has no output called out.')
    return { path, built: log.built, fetched: log.fetched }
  } finally {
    log.close()
    signal.removeEventListener('abort', stop)
  }
}

/** Root would build by itself, with agentd's limits on what its builders do and use. Where there is a daemon, that builds. */
function whoBuilds(): { NIX_REMOTE?: 'daemon' } {
  return existsSync('/nix/var/nix/daemon-socket/socket') ? { NIX_REMOTE: 'daemon' } : {}
}

/** nix ends its builders when it is asked to end; whatever is left of the tree afterwards is killed. */
async function stopTree(pid: number): Promise<void> {
  const tree = await descendants(pid)
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // It ended meanwhile; what it started may not have.
  }
  for (const until = Date.now() + GRACE_MS; Date.now() < until; await sleep(50)) {
    if ((await descendants(pid)).length === 0) break
  }
  await killAll([...tree, ...(await descendants(pid))])
}

/** What nix says while it builds. */
class BuildLog {
  built = 0
  fetched = 0
  readonly #tell: (progress: ToolProgress) => void
  readonly #lines: string[] = []
  readonly #errors: string[] = []
  #builds: number | undefined
  #done = 0
  #expected = 0
  #toldAt = 0
  #newest = ''
  #timer: NodeJS.Timeout | undefined

  constructor(tell: (progress: ToolProgress) => void) {
    this.#tell = tell
  }

  take(line: string): void {
    const event = line.startsWith('@nix ') ? Event.safeParse(fromJson(line.slice(5))).data : undefined
    if (event === undefined) {
      this.#keep(line)
      return
    }
    const { action, type, text = '', msg, fields = [] } = event
    if (action === 'start') {
      if (type === ACTIVITY_BUILDS) this.#builds = event.id
      if (type === ACTIVITY_BUILD) this.built += 1
      if (type === ACTIVITY_COPY) this.fetched += 1
      if (text !== '' && (type === ACTIVITY_BUILD || type === ACTIVITY_COPY)) this.#say(text)
    } else if (action === 'result' && type === RESULT_PROGRESS && event.id === this.#builds) {
      this.#done = Number(fields[0] ?? 0)
      this.#expected = Number(fields[1] ?? 0)
    } else if (action === 'result' && type === RESULT_LOG_LINE) {
      this.#keep(String(fields[0] ?? ''))
      this.#say(String(fields[0] ?? ''))
    } else if (action === 'msg' && msg !== undefined) {
      if (event.level === 0) this.#errors.push(msg)
      this.#keep(msg)
    }
  }

  failure(exitCode: number | null): string {
    const reason = reasonIn(this.#errors.join('\n') || this.#lines.slice(-5).join('\n'))
    return `The build failed (exit code ${exitCode}): ${reason}`
  }

  tail(): string[] {
    return this.#lines.slice(-20)
  }

  /** Nothing more will be told. */
  close(): void {
    clearTimeout(this.#timer)
  }

  /** At most so often, and always the newest last. */
  #say(text: string): void {
    this.#newest = text
    this.#timer ??= setTimeout(() => this.#tellNewest(), Math.max(0, this.#toldAt + TELL_MS - Date.now()))
  }

  #tellNewest(): void {
    this.#timer = undefined
    this.#toldAt = Date.now()
    const text = this.#newest
    const counts = this.#expected > 0 ? { done: Math.min(this.#done, this.#expected), total: this.#expected } : {}
    this.#tell({ message: plain(text).slice(0, 300), ...counts })
  }

  #keep(line: string): void {
    this.#lines.push(plain(line).slice(0, 500))
    if (this.#lines.length > MAX_LOG_LINES) this.#lines.shift()
  }
}

function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, '')
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
