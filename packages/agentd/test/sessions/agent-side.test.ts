import { createHmac } from 'node:crypto'
import {
  type AgentName,
  Approval,
  approvalSigningText,
  type CallId,
  type CallRequest,
  CastellanError,
  newId,
  type SessionId,
  SessionListing,
  SessionOpened,
  sessionOpeningText,
  type TaintLabel,
} from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../../src/tools/define.ts'
import { OWNER_TOKEN, request, send, TestAgentd } from '../support/agentd.ts'
import { sessionTools } from '../support/session-tools.ts'

/** What happened to the machine, as the tool itself saw it. */
interface Effect {
  readonly call_id: CallId
  readonly session: SessionId
  readonly agent: AgentName
  readonly tool: string
  readonly n: number
}

/** A call that was sent, and what a person said to it. */
interface Sent {
  readonly request: CallRequest
  readonly approval: string | undefined
  /** Allowed by a person and not used yet. */
  granted: boolean
}

interface Token {
  readonly token: string
  readonly tools: readonly string[]
  readonly session: SessionId
  readonly agent: AgentName
}

/** A tampering with one thing about a message. */
type Twist = 'none' | 'session' | 'agent' | 'call_id' | 'n' | 'tool' | 'approval' | 'no_approval' | 'key'

const twist = fc.constantFrom<Twist>(
  'none',
  'none',
  'none',
  'session',
  'agent',
  'call_id',
  'n',
  'tool',
  'approval',
  'no_approval',
  'key',
)
const who = fc.record({ session: fc.nat(2), agent: fc.nat(1) })
const pick = fc.nat(999)

/** What may come over agent.sock, in any order; and now and then a person who answers. */
const message = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      who,
      tool: fc.nat(1),
      n: fc.nat(2),
      token: fc.option(pick),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('resend' as const), pick, twist, token: fc.option(pick) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('person' as const), pick, yes: fc.boolean(), carried: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('forge' as const), pick, how: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('mint' as const),
      who,
      tools: fc.nat(3),
      token: fc.option(pick),
      yes: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('tamper' as const), pick, tool: fc.nat(1), at: fc.nat(1200) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('misuse' as const), who, n: fc.nat(2), twist }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hear' as const), who, secret: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('open' as const), who, owner: fc.boolean(), taken: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), who, pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('operate' as const), path: fc.nat(3) }) },
)
type Message = typeof message extends fc.Arbitrary<infer T> ? T : never

const MODES = [
  ['test_effect'],
  ['test_effect', 'capability_mint'],
  ['test_other', 'capability_mint'],
  ['capability_mint'],
]

/** Everything an agent-side peer knows and tries, and what a person really allowed. */
class World {
  readonly effects: Effect[] = []
  readonly sent: Sent[] = []
  readonly tokens: Token[] = []
  readonly labels = new Set<TaintLabel>()
  readonly agentd: TestAgentd
  readonly #effects: Effect[]

  private constructor(agentd: TestAgentd, effects: Effect[]) {
    this.agentd = agentd
    this.#effects = effects
  }

  static async start(): Promise<World> {
    const effects: Effect[] = []
    const tool = (name: string) =>
      defineTool({
        name,
        title: 'Effect',
        description: 'Does something that counts.',
        input: z.strictObject({ n: z.int() }),
        output: z.strictObject({}),
        effect: 'change',
        undo: 'none',
        limits: { timeoutMs: 5000, outputBytes: 4096, perMinute: 100_000 },
        summary: () => 'Done.',
        run: async ({ n }, { call: { call_id, session, agent } }) => {
          effects.push({ call_id, session, agent, tool: name, n })
          return {}
        },
      })
    const agentd = await TestAgentd.start({ tools: [...sessionTools, tool('test_effect'), tool('test_other')] })
    return new World(agentd, effects)
  }

  async hear(message: Message): Promise<void> {
    switch (message.kind) {
      case 'ask':
        return this.#call(
          request(
            message.tool === 0 ? 'test_effect' : 'test_other',
            { n: message.n },
            { ...names(message.who), ...this.#with(message.token) },
          ),
        )
      case 'resend': {
        const earlier = at(this.sent, message.pick)
        if (earlier === undefined) return
        return this.#call({ ...twisted(earlier, message.twist, this.sent), ...this.#with(message.token) })
      }
      case 'person':
        return this.#decide(at(this.sent, message.pick), message.yes, message.carried)
      case 'forge':
        return this.#forge(at(this.sent, message.pick), message.how)
      case 'mint':
        return this.#mint(message)
      case 'misuse': {
        // A yes that was really given, used for something else first.
        const body = request('test_effect', { n: message.n }, names(message.who))
        await this.#call(body)
        const asked = this.sent.find(({ request: { call_id } }) => call_id === body.call_id)
        if (asked === undefined) return
        await this.#decide(asked, true, false)
        await this.#call(twisted(asked, message.twist, this.sent))
        return
      }
      case 'tamper': {
        const known = at(this.tokens, message.pick)
        if (known === undefined) return
        const { session, agent } = known
        const tool = message.tool === 0 ? 'test_effect' : 'test_other'
        const capability = tampered(known.token, message.at)
        return this.#call(request(tool, { n: 0 }, { session, agent, capability }))
      }
      case 'revoke': {
        const known = at(this.tokens, message.pick)
        if (known === undefined) return
        await this.#try('/v1/capabilities/revocation', { capability: known.token })
        this.tokens.splice(this.tokens.indexOf(known), 1)
        return
      }
      case 'hear': {
        const label = message.secret ? 'secret' : 'untrusted-text'
        const said = await this.agentd.call('test_hear', { labels: [label] }, names(message.who)).catch(known)
        if (said !== undefined) this.labels.add(label)
        return
      }
      case 'open': {
        const asked = {
          session: message.taken ? names(message.who).session : newId('ses'),
          agent: names(message.who).agent,
          at: new Date().toISOString(),
        }
        const key = message.owner && !message.taken ? OWNER_TOKEN : 'cst_guess'
        const mac = createHmac('sha256', key).update(sessionOpeningText(asked)).digest('hex')
        const body = { ...asked, proof: { kind: 'owner_token', mac } }
        await this.agentd.agent.request('POST', '/v1/sessions', { body, schema: SessionOpened }).catch(known)
        // Whoever does not have its key gets nothing out of it.
        return this.#call(request('test_effect', { n: 1 }, { session: asked.session, agent: asked.agent }))
      }
      case 'withdraw': {
        const earlier = at(this.sent, message.pick)
        if (earlier?.approval === undefined) return
        if (await this.#try(`/v1/approvals/${earlier.approval}/withdrawal`, { session: names(message.who).session }))
          earlier.granted = false
        return
      }
      case 'operate': {
        const paths = ['/v1/undo', '/v1/budgets/raise', '/v1/sessions/mode', '/v1/operators']
        expect(
          await this.#try(paths[message.path] as string, {
            for: 'all',
            mode: 'operate',
            scope: 'day',
            resource: 'steps',
            by: 1,
          }),
        ).toBe(false)
      }
    }
  }

  /** Each effect stands on a yes of its own for exactly what happened; and no label is ever lost. */
  async check(): Promise<void> {
    for (const effect of this.#effects.splice(0)) {
      const grant = this.sent.find(({ granted, request: { call_id, session, agent, tool, args } }) => {
        const same =
          call_id === effect.call_id && session === effect.session && agent === effect.agent && tool === effect.tool
        return granted && same && args.n === effect.n
      })
      expect(grant, `an effect without a grant: ${JSON.stringify(effect)}`).toBeDefined()
      if (grant !== undefined) grant.granted = false
      this.effects.push(effect)
    }
    const { common } = await this.agentd.operator.request('GET', '/v1/sessions', { schema: SessionListing })
    expect(common).toEqual(expect.arrayContaining([...this.labels]))
  }

  async #call(body: CallRequest): Promise<void> {
    const answer = await send(this.agentd.agent, body).catch(known)
    if (answer === undefined) return
    const token = this.tokens.find((candidate) => candidate.token === body.capability)
    if (body.capability !== undefined) {
      expect(token, 'a capability that nobody was given').toBeDefined()
      expect(token).toMatchObject({ session: body.session, agent: body.agent })
      expect(token?.tools).toContain(body.tool)
    }
    if (answer.status === 'approval_required' && body.approval_id === undefined) {
      const open = this.sent.some(({ approval }) => approval === answer.approval_id)
      if (!open) this.sent.push({ request: body, approval: answer.approval_id, granted: false })
    }
  }

  async #mint({ who: asker, tools, token, yes }: Extract<Message, { kind: 'mint' }>): Promise<void> {
    const parent = token === null ? undefined : at(this.tokens, token)
    const bearer = parent ?? names(asker)
    const rights = { tools: MODES[tools] as string[] }
    const body = request('capability_mint', rights, {
      session: bearer.session,
      agent: bearer.agent,
      ...(parent === undefined ? {} : { capability: parent.token }),
    })
    let answer = await send(this.agentd.agent, body).catch(known)
    if (answer?.status === 'approval_required') {
      await this.agentd.decide(answer.approval_id, yes ? 'approve' : 'deny')
      answer = await send(this.agentd.agent, { ...body, approval_id: answer.approval_id }).catch(known)
    }
    if (answer?.status !== 'done' || !answer.ok) return
    for (const tool of rights.tools) expect(parent?.tools ?? rights.tools).toContain(tool)
    const minted = answer.result as { token: string }
    this.tokens.push({ token: minted.token, tools: rights.tools, session: bearer.session, agent: bearer.agent })
  }

  /** A person's word, on operator.sock or carried over agent.sock with the owner's proof. */
  async #decide(sent: Sent | undefined, yes: boolean, carried: boolean): Promise<void> {
    if (sent?.approval === undefined) return
    const verdict = yes ? 'approve' : 'deny'
    const path = `/v1/approvals/${sent.approval}`
    const approval = await this.agentd.agent.request('GET', path, { schema: Approval }).catch(known)
    if (approval === undefined) return
    const mac = createHmac('sha256', OWNER_TOKEN).update(approvalSigningText(verdict, approval)).digest('hex')
    const socket = carried ? this.agentd.agent : this.agentd.operator
    const body = carried ? { verdict, proof: { kind: 'owner_token', mac } } : { verdict }
    const decided = await socket.request('POST', `${path}/decision`, { body, schema: Approval }).catch(known)
    if (decided?.state === 'approved') sent.granted = true
  }

  /** A yes that no person gave: none of these may count. */
  async #forge(sent: Sent | undefined, how: number): Promise<void> {
    if (sent?.approval === undefined) return
    const path = `/v1/approvals/${sent.approval}`
    const approval = await this.agentd.agent.request('GET', path, { schema: Approval }).catch(known)
    if (approval === undefined) return
    const other = at(this.sent, how)?.approval
    const theirs =
      other === undefined
        ? approval
        : await this.agentd.agent.request('GET', `/v1/approvals/${other}`, { schema: Approval }).catch(known)
    const signed = (key: string, text: string) => ({
      kind: 'owner_token',
      mac: createHmac('sha256', key).update(text).digest('hex'),
    })
    const proofs = [
      undefined,
      signed('cst_guess', approvalSigningText('approve', approval)),
      signed(OWNER_TOKEN, approvalSigningText('deny', approval)),
      theirs === undefined || theirs.approval_id === approval.approval_id
        ? undefined
        : signed(OWNER_TOKEN, approvalSigningText('approve', theirs)),
      signed('', approvalSigningText('approve', approval)),
      { kind: 'signature', key_id: 'opk_0123456789', signature: Buffer.alloc(64).toString('base64') },
    ]
    const proof = proofs[how]
    expect(await this.#try(`${path}/decision`, { verdict: 'approve', ...(proof === undefined ? {} : { proof }) })).toBe(
      false,
    )
  }

  /** Whether a message on agent.sock was taken. */
  async #try(path: string, body: unknown): Promise<boolean> {
    return this.agentd.agent.request('POST', path, { body, schema: z.unknown() }).then(
      () => true,
      (error: unknown) => known(error) !== undefined,
    )
  }

  #with(token: number | null): Partial<CallRequest> {
    const found = token === null ? undefined : at(this.tokens, token)
    return found === undefined ? {} : { capability: found.token }
  }
}

test('no sequence of messages on agent.sock has an effect that nobody agreed to, and none loses a label', async () => {
  let effects = 0
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 40, maxLength: 80, size: 'max' }), async (messages) => {
      const world = await World.start()
      for (const one of messages) {
        await world.hear(one)
        await world.check()
      }
      effects += world.effects.length
      await world.agentd.stop()
    }),
    { numRuns: Number(process.env.CASTELLAN_TEST_RUNS ?? 10), endOnFailure: true },
  )
  // Otherwise the property would hold because nothing ever happens.
  expect(effects).toBeGreaterThan(0)
})

function names({ session, agent }: { session: number; agent: number }) {
  return { session: `ses_agentside${session}` as SessionId, agent: ['main', 'other'][agent] as AgentName }
}

function at<T>(list: readonly T[], index: number): T | undefined {
  return list.length === 0 ? undefined : list[index % list.length]
}

/** A token with one letter changed, cut short, or with more rights written into it. */
function tampered(token: string, how: number): string {
  const [head = '', body = '', mac = ''] = token.split('.')
  if (how < 400) {
    const place = how % token.length
    return `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`
  }
  if (how < 600) return token.slice(0, -1 - (how % token.length))
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as { rights: { tools: string[] } }
  claims.rights.tools = ['test_effect', 'test_other', 'capability_mint']
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), mac].join('.')
}

/** The call that was asked about, come back with its approval, but for one thing. */
function twisted({ request: asked, approval }: Sent, how: Twist, sent: readonly Sent[]): CallRequest {
  const back = { ...asked, ...(approval === undefined ? {} : { approval_id: approval as CallRequest['approval_id'] }) }
  switch (how) {
    case 'session':
      return { ...back, session: 'ses_agentside9' as SessionId }
    case 'agent':
      return { ...back, agent: (asked.agent === 'main' ? 'other' : 'main') as AgentName }
    case 'call_id':
      return { ...back, call_id: newId('call') }
    case 'n':
      return { ...back, args: { n: Number(asked.args.n) + 1 } }
    case 'tool':
      return { ...back, tool: asked.tool === 'test_effect' ? 'test_other' : 'test_effect' }
    case 'approval':
      return { ...back, approval_id: (sent[0]?.approval ?? newId('apr')) as CallRequest['approval_id'] }
    case 'no_approval':
      return asked
    case 'key':
      return { ...back, session_key: 'A'.repeat(43) }
    default:
      return back
  }
}

/** A refusal with a code is an answer; anything else fails the test. */
function known(error: unknown): undefined {
  if (error instanceof CastellanError && error.code !== 'internal') return undefined
  throw error
}
