import {
  type AgentName,
  type ApprovalId,
  type CallId,
  type CallRequest,
  CastellanError,
  newId,
} from '@castellan/contracts'
import type { Call, CallState } from '@castellan/contracts/api'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import type { Waiting } from '../chat/waiting.ts'
import type { Caller } from '../plugins/caller.ts'
import { toCastellanError } from '../plugins/errors.ts'
import { hasScope } from '../tokens/rights.ts'
import { callWhenApproved, isYes, StoppedWaiting, settled } from './approval.ts'
import { channelOf } from './channel.ts'
import type { CallSessions } from './sessions.ts'

/** Calls remembered, and calls under way at once. */
const MAX_KEPT = 256
const MAX_UNDER_WAY = 64
/** Most that the results of remembered calls take, in bytes of JSON. */
const MAX_RESULT_BYTES = 16 * 1024 * 1024

export interface CallParts {
  readonly agentd: Agentd
  readonly sessions: CallSessions
  readonly waiting: Waiting
  readonly log: Log
}

export interface Wanted {
  readonly tool: string
  readonly args: Record<string, unknown>
  readonly agent: AgentName
  readonly call_id?: CallId | undefined
  readonly mode?: CallRequest['mode']
}

/** A call and who waits for news of it. */
interface Entry {
  call: Call
  /** The credential that made it. */
  readonly by: string
  bytes: number
  /** Whether whoever made it was told that it is under way. */
  told: boolean
  readonly stop: AbortController
  news: PromiseWithResolvers<void>
}

/** Calls that programs make: each goes on by itself until it ended, whoever still asks, and is remembered for a while. */
export class Calls {
  readonly #parts: CallParts
  /** Oldest first. */
  readonly #entries = new Map<CallId, Entry>()
  #bytes = 0

  constructor(parts: CallParts) {
    this.#parts = parts
  }

  /**
   * Makes a call, and resolves once it ended, waits for a person, or `waitMs` are over. Throws what agentd refuses it with
   * before that, `duplicate_call` for an id that is remembered, and `busy` while 64 are under way.
   */
  async create(wanted: Wanted, caller: Caller, waitMs: number): Promise<Call> {
    const call_id = wanted.call_id ?? newId('call')
    if (this.#entries.has(call_id)) {
      throw new CastellanError(
        'duplicate_call',
        `There was a call ${call_id} already; ask for it, or choose another id.`,
      )
    }
    this.#makeRoom()
    const { tool, args, agent, mode } = wanted
    const own = await this.#parts.sessions.of(caller, agent)
    const call: Call = {
      ...{ call_id, state: 'running', agent, session: own.session, tool, args, approval_id: null },
      ...{ created_at: new Date().toISOString(), ended_at: null, outcome: null, error: null },
    }
    const entry: Entry = {
      ...{ call, by: caller.credential, bytes: 0, told: false },
      ...{ stop: new AbortController(), news: Promise.withResolvers() },
    }
    this.#entries.set(call_id, entry)
    const request = {
      call_id,
      agent,
      tool,
      args,
      channel: channelOf(caller),
      ...own,
      ...(mode === undefined ? {} : { mode }),
    }
    const refusedAtOnce = this.#follow(request, entry)
    await Promise.race([refusedAtOnce, this.#changed(entry, (one) => one.state !== 'running', waitMs)])
    entry.told = true
    return entry.call
  }

  /** Throws `not_found`. */
  find(id: CallId, caller: Caller): Call {
    return this.#entry(id, caller).call
  }

  /** Newest first. */
  list(caller: Caller, state?: CallState): Call[] {
    const known = [...this.#entries.values()].filter((entry) => mayKnow(entry, caller)).map(({ call }) => call)
    return known.filter((call) => state === undefined || call.state === state).reverse()
  }

  /** The call once it has ended, or as it still is after `waitMs`. Throws `not_found`. */
  async ended(id: CallId, caller: Caller, waitMs: number, signal: AbortSignal): Promise<Call> {
    const entry = this.#entry(id, caller)
    await this.#changed(entry, isOver, waitMs, signal)
    return entry.call
  }

  /** Stops it, and resolves once it has ended. Throws `not_found`. */
  async cancel(id: CallId, caller: Caller): Promise<Call> {
    const entry = this.#entry(id, caller)
    entry.stop.abort(new CastellanError('cancelled', 'Stopped by a caller of the API.'))
    await this.#changed(entry, isOver, STOP_MS)
    return entry.call
  }

  /** Stops every call that is under way, and resolves once each has ended. */
  async close(): Promise<void> {
    const open = [...this.#entries.values()].filter(({ call }) => !isOver(call))
    for (const { stop } of open) stop.abort(new CastellanError('shutting_down', 'The gateway is stopping.'))
    await Promise.all(open.map((entry) => this.#changed(entry, isOver, STOP_MS)))
  }

  /** Sees a call through. Rejects, and forgets it, only where it was refused before anybody was told that it is under way. */
  async #follow(request: CallRequest, entry: Entry): Promise<void> {
    const { agentd } = this.#parts
    const { signal } = entry.stop
    try {
      const outcome = await callWhenApproved(request, { agentd, signal }, async ({ approval_id }) => {
        this.#update(entry, { state: 'waiting', approval_id })
        const agreed = await this.#personAgrees(approval_id, entry)
        this.#update(entry, { state: 'running' })
        return agreed
      })
      entry.bytes = JSON.stringify(outcome).length
      this.#bytes += entry.bytes
      this.#update(entry, { state: 'done', outcome, ended_at: new Date().toISOString() })
    } catch (thrown) {
      const error = signal.aborted ? this.#stopped(thrown, signal) : toCastellanError(thrown)
      if (error.code === 'internal') this.#parts.log.error({ err: thrown, call_id: request.call_id }, 'a call failed')
      if (!entry.told && entry.call.approval_id === null && !signal.aborted) {
        this.#forget(request.call_id)
        throw error
      }
      this.#update(entry, { state: 'refused', error: error.toEnvelope(), ended_at: new Date().toISOString() })
    }
  }

  async #personAgrees(id: ApprovalId, { stop: { signal }, call }: Entry): Promise<boolean> {
    const { agentd, waiting, log } = this.#parts
    await waiting.begin({ approval_id: id, session: call.session })
    try {
      return isYes(await settled(await agentd.approval(id, signal), { agentd, signal }))
    } catch (error) {
      if (!signal.aborted) throw error
      await agentd.withdraw(id, call.session).catch((cause: unknown) => {
        log.warn({ err: cause, approval_id: id }, 'an approval could not be withdrawn')
      })
      throw new StoppedWaiting()
    } finally {
      await waiting.end(id)
    }
  }

  #stopped(thrown: unknown, signal: AbortSignal): CastellanError {
    if (thrown instanceof StoppedWaiting) return thrown
    const { code, message } = toCastellanError(signal.reason)
    return new CastellanError(code, `${message} The ledger says whether anything was done.`)
  }

  #entry(id: CallId, caller: Caller): Entry {
    const entry = this.#entries.get(id)
    if (entry !== undefined && mayKnow(entry, caller)) return entry
    throw new CastellanError(
      'not_found',
      `The gateway does not remember a call ${id}. The ledger has it, if it was made: listLedgerEntries with call_id.`,
    )
  }

  #update(entry: Entry, change: Partial<Call>): void {
    entry.call = { ...entry.call, ...change }
    entry.news.resolve()
    entry.news = Promise.withResolvers()
  }

  /** Resolves when the call is as wanted, when the time is over, or when nobody wants to know any more. */
  async #changed(entry: Entry, wanted: (call: Call) => boolean, ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || wanted(entry.call)) return
    const over = Promise.withResolvers<void>()
    const timer = setTimeout(over.resolve, ms)
    signal?.addEventListener('abort', () => over.resolve(), { once: true })
    let waiting = true
    const end = over.promise.then(() => {
      waiting = false
    })
    while (waiting && !wanted(entry.call)) await Promise.race([entry.news.promise, end])
    clearTimeout(timer)
  }

  #makeRoom(): void {
    const entries = [...this.#entries.values()]
    if (entries.filter(({ call }) => !isOver(call)).length >= MAX_UNDER_WAY) {
      throw new CastellanError('busy', `${MAX_UNDER_WAY} calls are under way; wait for one of them, or stop one.`, {
        retryAfterSeconds: 5,
      })
    }
    for (const { call } of entries) {
      if (this.#entries.size < MAX_KEPT && this.#bytes < MAX_RESULT_BYTES) return
      if (isOver(call)) this.#forget(call.call_id)
    }
  }

  #forget(id: CallId): void {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0
    this.#entries.delete(id)
  }
}

/** How long a stopped call gets to end, in milliseconds. */
const STOP_MS = 5_000

function isOver({ state }: Call): boolean {
  return state === 'done' || state === 'refused'
}

/**
 * Results hold what was read on the machine, so that a call is its maker's affair and that of whoever may do anything here. A
 * token that is bound to an agent knows of that agent's calls alone.
 */
function mayKnow({ call, by }: Entry, caller: Caller): boolean {
  const isOfTheirAgent = caller.agent === null || caller.agent === call.agent
  return isOfTheirAgent && (by === caller.credential || hasScope(caller, 'admin'))
}
