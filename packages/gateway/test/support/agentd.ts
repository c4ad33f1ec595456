import { createHash, createHmac } from 'node:crypto'
import {
  type Approval,
  ApprovalDecision,
  type ApprovalState,
  ApprovalWithdrawal,
  AttachmentReport,
  approvalSigningText,
  type CallAnswer,
  type CallLine,
  type CallOutcome,
  CallRequest,
  CastellanError,
  canonicalJson,
  type Freeze,
  type LedgerRecord,
  newId,
  OperatorKeyId,
  SignInRedemption,
  type ToolDescriptor,
  type ToolEffect,
  ToolName,
  type ToolProgress,
} from '@castellan/contracts'
import { addHealthRoute, ndjson, reply, SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import { quietLog } from './log.ts'

export interface StandInTool {
  readonly effect?: ToolEffect
  /** What its results bring into the session. */
  readonly taint?: CallOutcome['taint']
  readonly run: (args: Record<string, unknown>, signal: AbortSignal, tell: (progress: ToolProgress) => void) => unknown
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Speaks agentd's HTTP over a real Unix socket: tools that need approval unless they read, grants spent by their first use. */
export class StandInAgentd {
  readonly calls: CallRequest[] = []
  readonly attachments: AttachmentReport[] = []
  refusesAttachments = false
  readonly decisions: ApprovalDecision[] = []
  /** What came along with calls. */
  readonly traceparents: string[] = []
  /** What else the next questions say. */
  question: Partial<Approval> = {}
  readonly tools = new Map<string, StandInTool>()
  /** Entries that are asked for by their number. */
  readonly ledger = new Map<number, Partial<LedgerRecord['entry']>>()
  readonly #approvals = new Map<string, { approval: Approval; changed: () => void; change: Promise<void> }>()
  readonly #server: SocketServer
  readonly #token: string
  /** The code a page has to prove; see contracts' SignInRedemption. */
  signInCode = 'ABCD-EFGH'
  #entries = 0
  #freeze: { state: Freeze | null; changed: PromiseWithResolvers<void> } = {
    state: null,
    changed: Promise.withResolvers(),
  }

  constructor(token: string) {
    this.#token = token
    this.#server = new SocketServer({ name: 'agentd', log: quietLog('agentd') })
    this.#routes()
  }

  listen(path: string): Promise<void> {
    return this.#server.listen({ path, mode: 0o600, folderMode: 0o700 })
  }

  close(): Promise<void> {
    return this.#server.close({ graceMs: 0 })
  }

  /** What a restarted agentd would be: the same approvals and tools, a new server. */
  reborn(): StandInAgentd {
    const next = new StandInAgentd(this.#token)
    for (const [name, tool] of this.tools) next.tools.set(name, tool)
    for (const [id, entry] of this.#approvals) next.#approvals.set(id, entry)
    return next
  }

  /** Freezes agents, or lets them act again. */
  freeze(state: Freeze | null): void {
    const { changed } = this.#freeze
    this.#freeze = { state, changed: Promise.withResolvers() }
    changed.resolve()
  }

  get pending(): Approval[] {
    return [...this.#approvals.values()].map(({ approval }) => approval).filter(({ state }) => state === 'pending')
  }

  /** One yes of several. */
  vote(id: string, by: string): void {
    const entry = this.#approvals.get(id)
    if (entry === undefined) throw new CastellanError('approval_unknown', `There is no approval ${id}.`)
    const votes = [...entry.approval.votes, { by, person: by, at: new Date().toISOString() }]
    const { changed } = entry
    const next = Promise.withResolvers<void>()
    this.#approvals.set(id, { approval: { ...entry.approval, votes }, changed: next.resolve, change: next.promise })
    changed()
  }

  /** Decides as an operator would on the other socket. */
  decide(id: string, state: ApprovalState, by = 'root'): Approval {
    const entry = this.#approvals.get(id)
    if (entry === undefined) throw new CastellanError('approval_unknown', `There is no approval ${id}.`)
    if (entry.approval.state === 'withdrawn') {
      throw new CastellanError('approval_withdrawn', 'Whoever asked withdrew the question.')
    }
    if (entry.approval.state !== 'pending' && state !== 'spent') {
      throw new CastellanError('conflict', `This approval is ${entry.approval.state} already.`)
    }
    entry.approval = { ...entry.approval, state, decided_by: by, decided_at: new Date().toISOString() }
    entry.changed()
    return entry.approval
  }

  #routes(): void {
    addHealthRoute(this.#server, { name: 'agentd', state: () => 'ready' })
    this.#server.route('GET', '/v1/tools', {}, () => {
      const tools = [...this.tools].map(([name, tool]) => describe(name, tool))
      return { tools, registryDigest: sha256(canonicalJson(tools)) }
    })
    this.#server.route('POST', '/v1/calls', { body: CallRequest }, async ({ body, headers, signal }) => {
      if (typeof headers.traceparent === 'string') this.traceparents.push(headers.traceparent)
      if (headers.accept === 'application/x-ndjson') return ndjson(this.#lines(body, signal))
      const answer = await this.#call(body, signal, () => undefined)
      return reply(answer, { status: answer.status === 'done' ? 200 : 202 })
    })
    this.#server.route('POST', '/v1/sessions/:id/attachments', { body: AttachmentReport }, ({ body }) => {
      if (this.refusesAttachments) throw new CastellanError('ledger_unavailable', 'The ledger cannot be written.')
      this.attachments.push(body)
      return { recorded: true }
    })
    const Known = z.strictObject({ known: z.string().optional(), wait: z.string().optional() })
    this.#server.route('GET', '/v1/freeze', { query: Known }, async ({ query, signal }) => {
      if (query.known === (this.#freeze.state?.id ?? 'none')) {
        const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        await Promise.race([this.#freeze.changed.promise, gone])
      }
      return { freeze: this.#freeze.state }
    })
    this.#server.route('GET', '/v1/ledger/entries/:index', {}, ({ params }) => {
      const index = Number(params.index)
      const entry = this.ledger.get(index)
      if (entry === undefined) throw new CastellanError('not_found', `There is no entry ${index}.`)
      return recordOf(index, entry)
    })
    const OfCall = z.object({ call_id: z.string() })
    this.#server.route('GET', '/v1/ledger/entries', { query: OfCall }, ({ query }) => ({
      records: [...this.ledger]
        .filter(([, { call_id }]) => call_id === query.call_id)
        .map(([index, entry]) => recordOf(index, entry))
        .toReversed(),
      more: false,
    }))
    this.#server.route('GET', '/v1/approvals', {}, () => ({
      approvals: [...this.#approvals.values()].map(({ approval }) => approval),
    }))
    const Wait = z.strictObject({ wait: z.coerce.number().max(30).default(0), votes: z.coerce.number().optional() })
    this.#server.route('GET', '/v1/approvals/:id', { query: Wait }, async ({ params, query, signal }) => {
      const entry = this.#approvals.get(params.id)
      if (entry === undefined) throw new CastellanError('approval_unknown', `There is no approval ${params.id}.`)
      const { state, votes } = entry.approval
      if (query.wait > 0 && state === 'pending' && votes.length === (query.votes ?? votes.length)) {
        const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        await Promise.race([entry.change, gone])
      }
      return this.#approvals.get(params.id)?.approval
    })
    this.#server.route('POST', '/v1/approvals/:id/decision', { body: ApprovalDecision }, ({ params, body }) => {
      const approval = this.#approvals.get(params.id)?.approval
      if (approval === undefined) throw new CastellanError('approval_unknown', `There is no approval ${params.id}.`)
      const by = this.#judge(body, approval)
      this.decisions.push(body)
      return this.decide(params.id, body.verdict === 'deny' ? 'denied' : 'approved', by)
    })
    this.#server.route('POST', '/v1/approvals/:id/withdrawal', { body: ApprovalWithdrawal }, ({ params, body }) => {
      const approval = this.#approvals.get(params.id)?.approval
      if (approval?.session !== body.session) throw new CastellanError('forbidden', 'This session did not ask.')
      return this.decide(params.id, 'withdrawn')
    })
    this.#server.route('POST', '/v1/sign-ins/redeem', { body: SignInRedemption }, ({ body }) => {
      const proof = createHmac('sha256', this.signInCode).update('castellan sign-in').digest('hex')
      if (body.proof !== proof) throw new CastellanError('sign_in_failed', 'This code is wrong or was used already.')
      return { key_id: body.key === undefined ? null : OperatorKeyId.parse('opk_AAAAAAAAAAAAAAAA') }
    })
  }

  #judge({ proof, verdict }: ApprovalDecision, approval: Approval): string {
    if (proof?.kind === 'signature') {
      if (proof.signature === 'c2lnbmVk') return proof.key_id
      throw new CastellanError('signature_invalid', 'The signature does not fit this call.')
    }
    if (proof?.kind === 'passkey') return proof.key_id
    const mac = createHmac('sha256', this.#token).update(approvalSigningText(verdict, approval)).digest('hex')
    if (proof?.kind === 'owner_token' && proof.mac === mac) return 'owner-token'
    throw new CastellanError('signature_invalid', 'The proof does not fit this call.')
  }

  /** As agentd: what is refused before there was progress is an ordinary refusal. */
  async *#lines(request: CallRequest, signal: AbortSignal): AsyncGenerator<CallLine, void, void> {
    const told: ToolProgress[] = []
    const answer = await this.#call(request, signal, (progress) => told.push(progress))
    for (const progress of told) yield { progress }
    yield { answer }
  }

  async #call(request: CallRequest, signal: AbortSignal, tell: (progress: ToolProgress) => void): Promise<CallAnswer> {
    this.calls.push(request)
    const tool = this.tools.get(request.tool)
    if (tool === undefined) throw new CastellanError('unknown_tool', `There is no tool ${request.tool}.`)
    if (tool.effect !== undefined && tool.effect !== 'read') {
      if (request.approval_id === undefined) return this.#ask(request, tool.effect)
      const approval = this.#approvals.get(request.approval_id)?.approval
      if (approval?.state === 'denied') throw new CastellanError('approval_denied', 'The owner said no.')
      if (approval?.state !== 'approved') throw new CastellanError('approval_spent', 'This approval was used already.')
      this.decide(request.approval_id, 'spent')
    }
    return this.#run(request, tool, signal, tell)
  }

  async #run(
    { tool: name, call_id, args }: CallRequest,
    tool: StandInTool,
    signal: AbortSignal,
    tell: (progress: ToolProgress) => void,
  ): Promise<CallOutcome> {
    const outcome = { status: 'done' as const, call_id, tool: ToolName.parse(name), duration_ms: 1 }
    this.#entries += 2
    const ledger_index = this.#entries - 1
    try {
      const result = await tool.run(args, signal, tell)
      const taint = tool.taint === undefined ? {} : { taint: tool.taint }
      return { ...outcome, ...taint, ok: true, result, summary: `${name} says ${JSON.stringify(result)}`, ledger_index }
    } catch (error) {
      const envelope = (error as CastellanError).toEnvelope()
      return { ...outcome, ok: false, error: envelope, summary: envelope.message, ledger_index }
    }
  }

  #ask(request: CallRequest, effect: ToolEffect): CallAnswer {
    let changed = () => {}
    const change = new Promise<void>((resolve) => {
      changed = resolve
    })
    const expires_at = new Date(Date.now() + 600_000).toISOString()
    const approval: Approval = {
      approval_id: newId('apr'),
      state: 'pending',
      call_id: request.call_id,
      session: request.session,
      agent: request.agent,
      tool: ToolName.parse(request.tool),
      effect,
      args: request.args,
      reason: `${request.tool} changes the machine.`,
      ahead: false,
      taint: [],
      always: { possible: false, reason: 'The stand-in has no rules.' },
      needed: 1,
      votes: [],
      ...this.question,
      binding: {
        args_digest: sha256(canonicalJson(request.args)),
        policy_digest: sha256('policy'),
        nonce: 'n',
        expires_at,
      },
      requested_at: new Date().toISOString(),
    }
    this.#approvals.set(approval.approval_id, { approval, changed, change })
    const { approval_id, call_id, tool, reason } = approval
    return { status: 'approval_required', call_id, tool, approval_id, reason, expires_at }
  }
}

function describe(name: string, { effect = 'read' }: StandInTool): ToolDescriptor {
  return {
    name: ToolName.parse(name),
    title: name,
    description: `What ${name} does.`,
    effect,
    undo: 'none',
    limits: { timeoutMs: 1000, outputBytes: 65_536, perMinute: 60 },
    inputSchema: { type: 'object' },
    outputSchema: {},
  }
}

function recordOf(index: number, entry: Partial<LedgerRecord['entry']>) {
  const fixed = { v: 1, index, time: 0, prev: sha256(''), actor: { kind: 'agent', name: 'main' } }
  return { entry: { ...fixed, ...entry }, payload_state: 'none' }
}
