import type { AnswerOf, freezeAgents, getFreeze, thawAgents } from '@castellan/contracts/api'
import type { Api } from '../api/api.ts'
import type { Line } from '../connection/line.ts'
import type { Live } from '../live/live.ts'
import { Resource } from '../live/resource.ts'
import type { Prover } from '../session/signer.ts'
import { emergencyStatement, signed } from '../session/statement.ts'

export type FreezeState = AnswerOf<typeof getFreeze>

/** Whether agents may act, known on every page, and a person's signed word that they may not, or may again. */
export class Emergency {
  readonly #api: Api
  readonly #signer: Prover
  readonly #line: Line
  readonly #live: Live
  #hangUp = () => {}

  readonly state: Resource<FreezeState>

  constructor({ api, signer, line, live }: { api: Api; signer: Prover; line: Line; live: Live }) {
    this.#api = api
    this.#signer = signer
    this.#line = line
    this.#live = live
    this.state = new Resource((signal) => api.ask<typeof getFreeze>('GET', '/api/v1/freeze', { signal }))
  }

  start(): void {
    const look = () => void this.state.reload()
    const ends = [
      this.#line.listen({ state: ({ kind }) => kind === 'open' && look() }),
      this.#live.listen(({ records, gap }) => {
        if (gap || records.some(({ entry }) => TELLING.has(entry.type))) look()
      }),
    ]
    this.#hangUp = () => {
      for (const end of ends) end()
    }
  }

  stop(): void {
    this.#hangUp()
    this.state.close()
  }

  /** Throws {@link RequestError} with why not. */
  async freeze(): Promise<void> {
    const body = await signed(this.#signer, { reason: '' }, emergencyStatement)
    this.state.replace(await this.#api.ask<typeof freezeAgents>('POST', '/api/v1/freeze', { body }))
  }

  /** Ends the freeze with that id. Throws {@link RequestError} with why not. */
  async thaw(freeze: string): Promise<void> {
    const body = await signed(this.#signer, { reason: '', freeze }, emergencyStatement)
    this.state.replace(await this.#api.ask<typeof thawAgents>('POST', '/api/v1/thaw', { body }))
  }
}

/** After these entries of the ledger agents may act that might not, or the other way round. */
const TELLING: ReadonlySet<string> = new Set(['agents_frozen', 'agents_thawed'])
