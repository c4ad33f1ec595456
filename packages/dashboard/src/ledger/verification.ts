import type { verifyLedger } from '@castellan/contracts/api'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { Api, EventOf } from '../api/api.ts'
import { RequestError } from '../connection/http.ts'

export type Verdict = Extract<EventOf<typeof verifyLedger>, { type: 'verdict' }>

export type VerificationState =
  | { readonly kind: 'running'; readonly checked: number; readonly of: number; readonly perSecond: number | null }
  | { readonly kind: 'stopped'; readonly checked: number; readonly of: number }
  | { readonly kind: 'done'; readonly verdict: Verdict }
  /** `error`: why it was refused; null where the connection broke off. */
  | { readonly kind: 'failed'; readonly error: RequestError | null }

/** A rate over less time than that, in milliseconds, says nothing. */
const RATE_AFTER_MS = 300

/** A verification of the whole ledger, as agentd tells how far it is. */
export class Verification {
  readonly #api: Api
  readonly #now: () => number
  readonly #state = signal<VerificationState>({ kind: 'running', checked: 0, of: 0, perSecond: null })
  #reading = new AbortController()

  readonly state: ReadonlySignal<VerificationState> = this.#state

  constructor(api: Api, now: () => number = () => performance.now()) {
    this.#api = api
    this.#now = now
  }

  /** Reads all of it (again), until it is through or {@link stop}ped. */
  async start(): Promise<void> {
    this.#reading.abort()
    const reading = new AbortController()
    this.#reading = reading
    const began = this.#now()
    this.#state.value = { kind: 'running', checked: 0, of: 0, perSecond: null }
    try {
      const told = this.#api.events<typeof verifyLedger>('GET', '/api/v1/ledger/verification', {
        signal: reading.signal,
      })
      for await (const event of told) {
        if (reading.signal.aborted) return
        if (event.type === 'verdict') {
          this.#state.value = { kind: 'done', verdict: event }
          return
        }
        const ms = this.#now() - began
        const perSecond = ms < RATE_AFTER_MS ? null : Math.round((event.checked / ms) * 1000)
        this.#state.value = { kind: 'running', checked: event.checked, of: event.of, perSecond }
      }
      this.#state.value = { kind: 'failed', error: null }
    } catch (error) {
      if (reading.signal.aborted) return
      this.#state.value = { kind: 'failed', error: error instanceof RequestError ? error : null }
    }
  }

  /** Ends it where it is; agentd stops reading as well. */
  stop(): void {
    const state = this.#state.value
    this.#reading.abort()
    if (state.kind === 'running') this.#state.value = { kind: 'stopped', checked: state.checked, of: state.of }
  }
}
