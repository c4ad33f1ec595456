import { Chat } from './chat/chat.ts'
import { Connection } from './chat/connection.ts'
import { CastellanError } from './error.ts'
import { readEvents } from './events.ts'
import { type Operations, operations } from './generated/operations.ts'
import type { Call } from './generated/schemas.ts'
import { type ClientOptions, type Input, type OperationId, type RequestOptions, Requests } from './request.ts'

type InputOf<Id extends OperationId> = Operations[Id]['input']

/** What an operation takes: its input may be left out where nothing in it is needed. */
type Arguments<Id extends OperationId> =
  Record<string, never> extends InputOf<Id>
    ? [input?: InputOf<Id>, options?: RequestOptions]
    : [input: InputOf<Id>, options?: RequestOptions]

/** A method for each operation of the API, by its id. Each throws {@link CastellanError}. */
export type Methods = {
  readonly [Id in OperationId]: (...asked: Arguments<Id>) => Promise<Operations[Id]['answer']>
}

/** Operations that answer with one page of a listing. */
export type Listing = {
  [Id in OperationId]: Operations[Id]['answer'] extends { items: unknown[]; next_cursor: string | null } ? Id : never
}[OperationId]

export type ItemOf<Id extends Listing> = Operations[Id]['answer']['items'][number]

/** Operations that answer, or can be asked to answer, with server-sent events. */
export type Streaming = { [Id in OperationId]: Operations[Id] extends { event: unknown } ? Id : never }[OperationId]

export type EventOf<Id extends Streaming> = Operations[Id] extends { event: infer Event } ? Event : never

/** Seconds that one look at a call is held. */
const WAIT = 25

/** What the client can do beyond single operations. */
class Client {
  readonly #requests: Requests
  readonly #connection: Connection

  constructor(options: ClientOptions) {
    this.#requests = new Requests(options)
    this.#connection = new Connection(this.#requests)
    const methods = Object.keys(operations).map((id) => {
      return [id, (input?: object, asked?: RequestOptions) => this.#requests.ask(id as OperationId, input, asked)]
    })
    Object.assign(this, Object.fromEntries(methods))
  }

  /** A conversation; it begins when something is said in it. */
  chat(id = 'main'): Chat {
    return new Chat(id, this.#requests, this.#connection)
  }

  /** Every item of a listing, page after page. */
  async *each<Id extends Listing>(id: Id, ...[input, options]: Arguments<Id>): AsyncGenerator<ItemOf<Id>, void, void> {
    const given: Input = input ?? {}
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = cursor === undefined ? given.query : { ...given.query, cursor }
      const page = await this.#requests.ask(
        id,
        { ...given, ...(query === undefined ? {} : { query: { ...query } }) },
        options,
      )
      yield* page.items as ItemOf<Id>[]
      cursor = page.next_cursor
    }
  }

  /** The events of a stream, as they come; leaving the loop ends the request. */
  async *events<Id extends Streaming>(
    id: Id,
    ...[input, options]: Arguments<Id>
  ): AsyncGenerator<EventOf<Id>, void, void> {
    const { body } = await this.#requests.open(id, input ?? {}, options)
    if (body === null) throw new CastellanError('bad_answer', 'The answer has no body.')
    for await (const { data } of readEvents(body)) {
      if (data === '[DONE]') return
      yield JSON.parse(data) as EventOf<Id>
    }
  }

  /**
   * Calls a tool and waits until it ended, however long a person takes to say yes; `onWaiting` hears which approval it
   * waits for. Throws what the call was refused with. Aborting the signal stops the call.
   */
  async callTool(
    tool: string,
    args: Record<string, unknown> = {},
    { signal, onWaiting, ...options }: RequestOptions & { readonly onWaiting?: (approvalId: string) => void } = {},
  ): Promise<NonNullable<Call['outcome']>> {
    let call = await this.#requests.ask('createCall', { body: { tool, args } }, { ...options, signal })
    let told: string | null = null
    try {
      while (call.state === 'running' || call.state === 'waiting') {
        if (call.approval_id !== null && call.approval_id !== told) onWaiting?.(call.approval_id)
        told = call.approval_id
        const asked = { params: { call_id: call.call_id }, query: { wait: WAIT } }
        call = await this.#requests.ask('getCall', asked, { signal })
      }
    } catch (error) {
      if (signal?.aborted)
        await this.#requests.ask('cancelCall', { params: { call_id: call.call_id } }).catch(() => undefined)
      throw error
    }
    if (call.outcome !== null) return call.outcome
    throw new CastellanError(call.error?.code ?? 'bad_answer', call.error?.message ?? 'The call was refused.')
  }
}

export type Castellan = Client & Methods

/** A client of one gateway. It holds nothing open until a chat is followed. */
export function createClient(options: ClientOptions = {}): Castellan {
  return new Client(options) as Castellan
}
