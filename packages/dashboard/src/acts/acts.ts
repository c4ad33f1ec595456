import type { ApprovalVerdict } from '@castellan/contracts'
import type {
  ApprovalQuestion,
  Call,
  createCall,
  createUndo,
  decideApproval,
  getApproval,
  getCall,
} from '@castellan/contracts/api'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { Api, InputOf } from '../api/api.ts'
import type { Signer } from '../session/signer.ts'
import { askedAs } from './question.ts'

export type Question = InputOf<typeof ApprovalQuestion>
type Followed = InputOf<typeof Call>

/** Longest that the gateway is asked to hold an answer, in seconds. */
const HOLD_S = 25

/**
 * What a page has done: a call on the same path as every other. Where it needs a person's yes, the question is in {@link waiting}, for the
 * page to ask at once instead of sending somebody elsewhere.
 */
export class Acts {
  readonly #api: Api
  readonly #signer: Signer
  readonly #waiting = signal<Question | null>(null)

  readonly waiting: ReadonlySignal<Question | null> = this.#waiting

  constructor(api: Api, signer: Signer) {
    this.#api = api
    this.#signer = signer
  }

  /** Calls a tool and answers once it ended. Throws {@link RequestError} with what it was refused for. */
  async call(tool: string, args: Record<string, unknown>): Promise<Followed> {
    return this.#follow(await this.#api.ask<typeof createCall>('POST', '/api/v1/calls', { body: { tool, args } }))
  }

  /** Takes back the act with that ledger number. */
  async undo(index: number): Promise<Followed> {
    return this.#follow(await this.#api.ask<typeof createUndo>('POST', '/api/v1/undo', { body: { index } }))
  }

  /** A person's word about a question, signed with this browser's key. */
  async decide(question: Question, verdict: ApprovalVerdict): Promise<Question> {
    const { tool, approval } = askedAs(question)
    const proof = await this.#signer.sign(tool, approval, verdict)
    return this.#api.ask<typeof decideApproval>('POST', '/api/v1/approvals/{approval_id}/decision', {
      params: { approval_id: question.approval_id },
      body: { verdict, ...proof },
    })
  }

  /** Puts the question away without an answer; it waits on the approvals page until its time is up. */
  leave(): void {
    this.#waiting.value = null
  }

  async #follow(begun: Followed): Promise<Followed> {
    let call = begun
    let shown: string | null = null
    try {
      while (call.state === 'waiting' || call.state === 'running') {
        if (call.state === 'waiting' && call.approval_id !== null && call.approval_id !== shown) {
          shown = call.approval_id
          const params = { approval_id: call.approval_id }
          this.#waiting.value = await this.#api.ask<typeof getApproval>('GET', '/api/v1/approvals/{approval_id}', {
            params,
          })
        }
        const asked = { params: { call_id: call.call_id }, query: { wait: HOLD_S } }
        call = await this.#api.ask<typeof getCall>('GET', '/api/v1/calls/{call_id}', asked)
      }
      return call
    } finally {
      if (this.#waiting.value?.approval_id === shown) this.#waiting.value = null
    }
  }
}

/** What came of a call, in one sentence. */
export function outcomeOf({ outcome, error }: Followed): { readonly ok: boolean; readonly text: string } {
  if (outcome !== null && outcome.status === 'done') return { ok: outcome.ok, text: outcome.summary }
  return { ok: false, text: error?.message ?? '' }
}
