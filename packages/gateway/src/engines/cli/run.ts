import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, type EngineKind, type TunnelRequest } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { EngineCredential, EngineCredentials } from '../credentials.ts'
import { cleaned, withoutEcho } from '../echo.ts'
import type { AnswerEvent, EngineHooks, ModelRequest } from '../engine.ts'
import { ExchangeNotes, withoutSecrets } from '../exchange.ts'
import type { Progress, TryParts } from '../remote/tries.ts'
import { makeRunFolder, removeRunFolder } from './folder.ts'
import { type Ended, Program } from './program.ts'
import { ToolDoor } from './tool-door.ts'
import type { Walls } from './walls.ts'

/** A turn may wait for a person ten minutes a call; longer than this it does not take. */
const RUN_MS = 60 * 60 * 1000
/** The name of the variable with the door's token; files that name it hold no secret. */
export const TOKEN_VARIABLE = 'CASTELLAN_TOOLS_TOKEN'

/** The way out for programs; `Outbound` is one. */
export interface Tunnels {
  tunnel(
    request: TunnelRequest,
    options: { readonly signal?: AbortSignal },
  ): Promise<{ environment(): Record<string, string>; close(): Promise<void> }>
}

export interface CliParts extends Pick<TryParts, 'random' | 'pause'> {
  readonly outbound: Tunnels
  readonly credentials: EngineCredentials
  readonly log: Log
  /** Without them a program sees what the gateway sees. */
  readonly walls?: Walls
  /** Where programs are looked for; the gateway’s own `PATH` without it. */
  readonly path?: string
}

/** What a program is started with, and how its output is read. */
export interface CliPlan {
  readonly command: string
  readonly args: readonly string[]
  /** Besides `PATH`, `HOME`, `TMPDIR`, `LANG`, the proxy and the door's token. */
  readonly env: Readonly<Record<string, string>>
  /** Files in its folder, by name. */
  readonly files: Readonly<Record<string, string>>
  readonly input: string
  readonly read: (lines: AsyncIterable<string>) => AsyncIterable<AnswerEvent>
}

export interface CliRun {
  readonly engine: EngineKind
  readonly model: string
  readonly baseUrl: string
  readonly credential: EngineCredential
  readonly request: ModelRequest
  readonly hooks: EngineHooks
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly parts: CliParts
  /** `toolsUrl` is null where the model is offered no tools. */
  readonly plan: (folder: string, toolsUrl: string | null) => CliPlan
}

/**
 * Runs a program for one answer and yields what it says. It gets an environment and a folder of its own, which is gone
 * afterwards; our tools and no others, by a door that is open for this run; and a way to its provider's host, through the
 * airlock. Throws what its output is read to mean, and `engine_crashed` when it ends without an answer.
 */
export async function* runCli(run: CliRun): AsyncGenerator<AnswerEvent, void, void> {
  const { parts, signal, credential } = run
  const lost = new AbortController()
  const over: (() => Promise<unknown>)[] = []
  const secrets = [credential.secret]
  let problem: string | null = 'The answer was not read to its end.'
  let notes: ExchangeNotes | undefined
  try {
    const folder = await makeRunFolder()
    over.push(() => removeRunFolder(folder))
    const proxy = await openTunnel(run, over)
    const door = await openDoor(run, lost, over)
    if (door !== null) secrets.push(door.token)
    const plan = run.plan(folder, door?.url ?? null)
    for (const [name, text] of Object.entries(plan.files)) await writeFile(join(folder, name), text, { mode: 0o600 })
    const about = { engine: run.engine, model: run.model, url: run.baseUrl, credential: credential.id }
    notes = new ExchangeNotes({ ...about, request: plan.input }, secrets, run.hooks.onExchange)
    const env = {
      ...plan.env,
      ...proxy,
      ...{ NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' },
      ...{ PATH: parts.path ?? process.env.PATH ?? '', HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8' },
      ...(door === null ? {} : { [TOKEN_VARIABLE]: door.token }),
    }
    const { command, args, input } = plan
    const stop = AbortSignal.any([signal, lost.signal])
    const walls = (await parts.walls?.around(folder)) ?? []
    const program = await Program.start({ walls, command, args, env, cwd: folder, input, deadlineMs: RUN_MS }, stop)
    // First in, last out: the folder goes when nobody is in it any more.
    over.push(() => program.ended)
    yield* noted(withoutEcho(plan.read(program.lines()), secrets), notes, async () => {
      program.kill()
      return explainEnd(await program.ended, program.late, secrets)
    })
    problem = null
  } catch (error) {
    // Why a call could not be made is why the run ended, whatever the program made of it.
    const reason = lost.signal.aborted && !signal.aborted ? lost.signal.reason : error
    problem = reason instanceof Error ? reason.message : String(reason)
    throw reason
  } finally {
    lost.abort()
    for (const end of over.toReversed()) await end().catch((error: unknown) => logLeft(error, run))
    notes?.close(problem)
  }
}

/** Passes the events on; an answer that ends without `done` is no answer, and how the program ended says why. */
async function* noted(
  events: AsyncIterable<AnswerEvent>,
  notes: ExchangeNotes,
  ended: () => Promise<CastellanError>,
): AsyncGenerator<AnswerEvent, void, void> {
  for await (const event of events) {
    if (event.type === 'text' || event.type === 'reasoning') notes.received(event.text)
    if (event.type === 'done') notes.used(event.usage)
    yield event
    if (event.type === 'done') return
  }
  throw await ended()
}

async function openTunnel(
  { baseUrl, engine, parts, signal }: CliRun,
  over: (() => Promise<unknown>)[],
): Promise<Record<string, string>> {
  const { protocol, hostname, port } = new URL(baseUrl)
  if (protocol === 'http:') {
    // A model server on this machine is reached without leaving it; anything else needs TLS all the way.
    if (['127.0.0.1', '[::1]', 'localhost'].includes(hostname)) return {}
    throw new CastellanError(
      'engine_unsuitable',
      `A program sends its credential to ${hostname} itself, so that address has to begin with https://.`,
    )
  }
  const hosts = [{ host: hostname, port: port === '' ? 443 : Number(port) }]
  const tunnel = await parts.outbound.tunnel({ hosts, purpose: `engine.${engine}`, ttl_s: RUN_MS / 1000 }, { signal })
  over.push(() => tunnel.close())
  return tunnel.environment()
}

async function openDoor(
  { request, hooks, progress, parts, credential }: CliRun,
  lost: AbortController,
  over: (() => Promise<unknown>)[],
): Promise<ToolDoor | null> {
  const { callTool } = hooks
  if (request.tools.length === 0 || callTool === undefined) return null
  const door = await ToolDoor.open(
    request.tools,
    (name, args) => {
      // From here on the run has done something, and is not begun anew.
      progress.began = true
      return callTool(name, cleaned(args, [credential.secret]) as Record<string, unknown>)
    },
    { log: parts.log, onLost: (error) => lost.abort(error) },
  )
  over.push(() => door.close())
  return door
}

function explainEnd({ code, signal, stderr }: Ended, late: boolean, secrets: readonly string[]): CastellanError {
  if (late) return new CastellanError('deadline_exceeded', 'The program took longer than an hour, so it was ended.')
  const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`
  const said = withoutSecrets(stderr, secrets).trim().split('\n').at(-1) ?? ''
  return new CastellanError(
    'engine_crashed',
    `The program ${how} before its answer was complete. Say it again.${said === '' ? '' : ` It says: “${said.slice(0, 300)}”`}`,
  )
}

function logLeft(error: unknown, { engine, parts }: CliRun): void {
  parts.log.warn({ err: error, engine }, 'something of a program’s run was left behind')
}
