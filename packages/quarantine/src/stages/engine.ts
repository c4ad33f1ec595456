import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineEvent, EngineHealth, type EngineRequest } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import type { CandidateEngine } from '../behaviour/index.ts'

/** Why the engine could not be used: `model` where it refused the candidate, `host` for anything else. */
export class EngineStartError extends Error {
  readonly fault: 'model' | 'host'

  constructor(fault: 'model' | 'host', message: string) {
    super(message)
    this.name = 'EngineStartError'
    this.fault = fault
  }
}

const LOOK_MS = 100
/** For the process to listen at all, in milliseconds; loading has the stage's own deadline. */
const LISTEN_MS = 60_000
const CONTEXT_TOKENS = 4096

/** Castellan's own engine with the candidate as its model, in the sandbox that this process is in. */
export class Engine implements CandidateEngine, AsyncDisposable {
  readonly #child: ChildProcess
  readonly #client: UnixClient
  readonly #folder: string

  private constructor(child: ChildProcess, client: UnixClient, folder: string) {
    this.#child = child
    this.#client = client
    this.#folder = folder
  }

  /** Resolves once the model is loaded. Throws {@link EngineStartError}. */
  static async start(command: readonly string[], model: string, deadline: AbortSignal): Promise<Engine> {
    const folder = mkdtempSync(join(tmpdir(), 'q-'))
    const socket = join(folder, 'e')
    const [program = '', ...args] = command
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        TMPDIR: folder,
        CASTELLAN_ENGINE_SOCKET: socket,
        CASTELLAN_MODEL: model,
        CASTELLAN_SLOTS: '1',
        CASTELLAN_CONTEXT_TOKENS: String(CONTEXT_TOKENS),
        CASTELLAN_LOG_LEVEL: 'error',
      },
    })
    const client = new UnixClient({ socketPath: socket, peer: 'the engine', unavailable: 'engine_unavailable' })
    const engine = new Engine(child, client, folder)
    try {
      await engine.#untilReady(deadline)
      return engine
    } catch (error) {
      await engine[Symbol.asyncDispose]()
      throw error
    }
  }

  complete(request: EngineRequest, signal: AbortSignal): AsyncIterable<EngineEvent> {
    return this.#client.stream('POST', '/v1/complete', {
      schema: EngineEvent,
      body: request,
      signal,
      timeoutMs: 600_000,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined) {
      const gone = new Promise((resolve) => this.#child.once('close', resolve))
      this.#child.kill('SIGKILL')
      await gone
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #untilReady(deadline: AbortSignal): Promise<void> {
    let failure: Error | undefined
    this.#child.once('error', (error) => {
      failure = error
    })
    const startedAt = performance.now()
    for (;;) {
      if (failure !== undefined)
        throw new EngineStartError('host', `The engine could not be started: ${failure.message}`)
      if (this.#child.exitCode !== null)
        throw new EngineStartError('host', `The engine ended with ${this.#child.exitCode}`)
      if (deadline.aborted) throw new EngineStartError('model', 'It was not loaded in the time that there is')
      const health = await this.#client
        .request('GET', '/v1/health', { schema: EngineHealth, timeoutMs: 5000 })
        .catch((error: Error) => error)
      if (health instanceof Error) {
        if (performance.now() - startedAt > LISTEN_MS)
          throw new EngineStartError('host', `The engine does not answer: ${health.message}`)
      } else if (health.state === 'ready') return
      else if (health.state === 'failed') {
        const fault = health.error?.code === 'model_invalid' ? 'model' : 'host'
        throw new EngineStartError(fault, health.error?.message ?? 'The engine gave no reason')
      }
      await delay(LOOK_MS)
    }
  }
}
