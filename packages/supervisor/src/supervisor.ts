import { rmSync } from 'node:fs'
import { CastellanError, type Instance, SignInCode } from '@castellan/contracts'
import { DRAIN_MS, exitCodes, Latch, UnixClient } from '@castellan/daemon'
import { checkModel } from './model.ts'
import type { Options } from './options.ts'
import { claimPort } from './port.ts'
import { Child, type Ending } from './processes/child.ts'
import {
  defineProcesses,
  heldInEmergency,
  type ProcessName,
  renewedInEmergency,
  startOrder,
  stopOrder,
} from './processes/definition.ts'
import { EmergencyHold } from './processes/emergency.ts'
import { type EngineIsolation, findIsolation } from './processes/isolation.ts'
import { prepareState, removeOutsideSockets, type StateLayout } from './state/folder.ts'
import { type Lock, takeLock } from './state/lock.ts'
import { ensureToken, writePrivate } from './state/token.ts'
import type { Voice } from './terminal/voice.ts'

/** A first start may have to compile every file and read a model from a slow disk, in milliseconds. */
const READY_WITHIN_MS = 60_000

/** One instance: its state folder, its processes, and what is said about them. */
export class Supervisor {
  readonly #options: Options
  readonly #voice: Voice
  readonly #layout: StateLayout
  readonly #lock: Lock
  readonly #children: ReadonlyMap<ProcessName, Child>
  readonly #instance: Instance
  readonly #isolation: EngineIsolation
  readonly #emergency: EmergencyHold
  readonly #stopping = new AbortController()
  /** Whether all that has to be there was ready once. */
  #begun = false

  private constructor(
    options: Options,
    voice: Voice,
    parts: { layout: StateLayout; lock: Lock; port: number; isolation: EngineIsolation; env: NodeJS.ProcessEnv },
  ) {
    const { layout, lock, port, isolation, env } = parts
    this.#options = options
    this.#voice = voice
    this.#layout = layout
    this.#lock = lock
    this.#isolation = isolation
    this.#instance = {
      url: `http://127.0.0.1:${port}`,
      tokenFile: layout.tokenFile,
      agentSocket: layout.agentSocket,
      operatorSocket: layout.operatorSocket,
      airlockOperatorSocket: layout.airlockOperatorSocket,
      airlockSocket: layout.airlockSocket,
      engineSocket: layout.engineSocket,
      pid: process.pid,
    }
    const definitions = defineProcesses({ layout, options, port, isolation, env })
    this.#children = new Map(
      startOrder.map((name) => [
        name,
        new Child(definitions[name], {
          onEnd: (ending) => this.#reportEnd(name, ending),
          onRestarted: () => this.#voice.say(`${name} was started again.`),
        }),
      ]),
    )
    this.#emergency = new EmergencyHold({
      latch: new Latch(layout.root),
      held: heldInEmergency.map((name) => this.#child(name)),
      renewed: renewedInEmergency.map((name) => this.#child(name)),
      say: (text) => this.#voice.say(text),
    })
  }

  /**
   * Checks everything that could stand in the way, takes the state folder and starts the processes at the same time. Throws
   * `state_locked`, `port_in_use`, `model_invalid`, `config_invalid` or `permission_denied`; then nothing is left behind.
   */
  static async start(options: Options, voice: Voice, env: NodeJS.ProcessEnv): Promise<Supervisor> {
    if (options.model !== undefined) checkModel(options.model)
    const isolating = findIsolation()
    const layout = prepareState(options.stateDir)
    const lock = takeLock(layout.lockFile, layout.root)
    try {
      const port = await claimPort(options.port)
      ensureToken(layout.tokenFile)
      rmSync(layout.runFile, { force: true })
      const supervisor = new Supervisor(options, voice, { layout, lock, port, isolation: await isolating, env })
      await supervisor.#emergency.begin()
      for (const child of supervisor.#children.values()) child.start()
      return supervisor
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** Waits for the processes that have to be there, makes a sign-in code, tells the world. False where stopping came first. */
  async announce(): Promise<boolean> {
    const deadline = AbortSignal.timeout(READY_WITHIN_MS)
    const signal = AbortSignal.any([deadline, this.#stopping.signal])
    const required = [...this.#children.values()].filter((child) => child.definition.required)
    const states = await Promise.all(required.map((child) => child.ready(signal)))
    if (this.#stopping.signal.aborted) return false
    const failed = required.filter((_, at) => states[at] === false)
    if (failed.length > 0) throw notReady(failed)
    this.#begun = true

    const signIn = await this.#makeSignIn()
    writePrivate(this.#layout.runFile, `${JSON.stringify(this.#instance)}\n`)
    const { root: stateDir } = this.#layout
    const notes = this.#isolation.note === undefined ? [] : [this.#isolation.note]
    this.#voice.ready({
      instance: this.#instance,
      signIn,
      stateDir,
      isDefaultState: this.#options.isDefaultState,
      notes,
    })
    return true
  }

  /** Stops the processes from the outside in, each with five seconds, and leaves the state folder. Gives the exit code. */
  async stop(): Promise<number> {
    this.#stopping.abort()
    rmSync(this.#layout.runFile, { force: true })
    await this.#emergency.end()
    let code: number = exitCodes.stopped
    for (const name of stopOrder) {
      const outcome = await this.#child(name).stop(DRAIN_MS)
      if (outcome === 'killed') {
        this.#voice.say(`${name} did not stop within ${DRAIN_MS / 1000} seconds and was killed.`)
        code = exitCodes.drainTimedOut
      }
    }
    this.#leave()
    return code
  }

  /** Ends every process at once. */
  kill(): void {
    for (const child of this.#children.values()) child.kill()
    rmSync(this.#layout.runFile, { force: true })
    this.#leave()
  }

  #leave(): void {
    removeOutsideSockets(this.#layout)
    this.#lock.release()
  }

  #child(name: ProcessName): Child {
    return this.#children.get(name) as Child
  }

  async #makeSignIn(): Promise<SignInCode> {
    const agentd = new UnixClient({
      socketPath: this.#layout.operatorSocket,
      peer: 'agentd',
      unavailable: 'agentd_unavailable',
    })
    try {
      return await agentd.request('POST', '/v1/sign-ins', { schema: SignInCode })
    } finally {
      agentd.close()
    }
  }

  #reportEnd(name: ProcessName, ending: Ending): void {
    const { logFile, required } = this.#child(name).definition
    // The start then fails, and says the same.
    if (ending.final && required && !this.#begun) return
    const why = ending.lastWords === undefined ? '' : ` It said: ${ending.lastWords}`
    const next =
      ending.restartInMs === undefined
        ? 'It is not started again.'
        : `It is started again in ${ending.restartInMs / 1000} s.`
    this.#voice.say(`${name} ended (${ending.how}).${why}\n  ${next} Its log: ${logFile}`)
  }
}

/** Why a start fails: a sentence for each process that is missing, and the code of the first that gave up. */
function notReady(missing: readonly Child[]): CastellanError {
  const gaveUp = missing.find((child) => child.gaveUp !== undefined)?.gaveUp
  const code = gaveUp === undefined ? 'deadline_exceeded' : gaveUp.configInvalid ? 'config_invalid' : 'internal'
  return new CastellanError(code, missing.map(whyMissing).join('\n'))
}

function whyMissing({ definition: { name, logFile }, gaveUp }: Child): string {
  if (gaveUp === undefined) return `${name} was not ready after ${READY_WITHIN_MS / 1000} seconds. Its log: ${logFile}`
  return `${name} could not start: ${gaveUp.lastWords ?? `It ended with ${gaveUp.how}.`} Its log: ${logFile}`
}
