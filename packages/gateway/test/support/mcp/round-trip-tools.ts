import type { Sealer } from '@castellan/mcp-bridge'
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequest,
  type InputRequests,
  inputRequired,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { text } from './content.ts'
import type { FixtureTools } from './tool.ts'

const LIFE_MS = 60_000

const elicit = (message: string, name: string, schema: { type: 'string' } | { type: 'boolean' } = { type: 'string' }) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [name]: schema }, required: [name] },
  })

const sample = (words: string) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: words } }], maxTokens: 100 })

const said = ({ mcpReq }: ServerContext, key: string, name: string): unknown =>
  acceptedContent<Record<string, unknown>>(mcpReq.inputResponses, key)?.[name]

const response = <Shape>({ mcpReq }: ServerContext, key: string): Shape | undefined =>
  mcpReq.inputResponses?.[key] as Shape | undefined

/** What the scenarios of 2026-07-28 ask of results that need input. States are sealed with the bridge's own key. */
export function roundTripTools(sealer: Sealer): FixtureTools {
  const seal = (value: Record<string, unknown>): string => sealer.seal(value, LIFE_MS)
  const confirm: Record<string, InputRequest> = { confirm: elicit('Please confirm', 'ok', { type: 'boolean' }) }
  const confirming = (words: string): FixtureTools[string] => ({
    description: 'Asks for a yes and carries a state.',
    async call(_args, { context }) {
      const isBack = context.mcpReq.requestState() !== undefined && said(context, 'confirm', 'ok') !== undefined
      return isBack ? text(words) : inputRequired({ inputRequests: confirm, requestState: seal({ asked: true }) })
    },
  })
  return {
    test_missing_capability: {
      description: 'Needs a model of the client.',
      call: async (_args, { context }) =>
        response(context, 'llm_answer') === undefined
          ? inputRequired({ inputRequests: { llm_answer: sample('Reply with the single word: pong') } })
          : text('answered'),
    },
    test_input_required_result_elicitation: {
      description: 'Asks for a name.',
      async call(_args, { context }) {
        const name = said(context, 'user_name', 'name')
        if (typeof name === 'string') return text(`Hello, ${name}!`)
        return inputRequired({ inputRequests: { user_name: elicit('What is your name?', 'name') } })
      },
    },
    test_input_required_result_sampling: {
      description: 'Asks the client’s model.',
      async call(_args, { context }) {
        const answer = response<{ content?: unknown }>(context, 'capital_question')
        if (answer !== undefined) return text(`Sampling response: ${JSON.stringify(answer.content)}`)
        return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?') } })
      },
    },
    test_input_required_result_list_roots: {
      description: 'Asks for the client’s roots.',
      async call(_args, { context }) {
        const roots = response<{ roots?: { uri: string }[] }>(context, 'client_roots')?.roots
        if (roots !== undefined) return text(`Roots: ${roots.map(({ uri }) => uri).join(', ')}`)
        return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
      },
    },
    test_input_required_result_request_state: confirming('state-ok'),
    test_input_required_result_tampered_state: confirming('integrity-ok'),
    test_input_required_result_multiple_inputs: {
      description: 'Asks for three things at once.',
      async call(_args, { context }) {
        const name = said(context, 'user_name', 'name')
        const greeting = response<{ content?: unknown }>(context, 'greeting')
        const roots = response<{ roots?: unknown[] }>(context, 'client_roots')?.roots
        if (typeof name === 'string' && greeting !== undefined && roots !== undefined) {
          return text(`${name}, ${JSON.stringify(greeting.content)}, ${roots.length} roots`)
        }
        return inputRequired({
          inputRequests: {
            user_name: elicit('What is your name?', 'name'),
            greeting: sample('Generate a greeting'),
            client_roots: inputRequired.listRoots(),
          },
          requestState: seal({ asked: 'three' }),
        })
      },
    },
    test_input_required_result_multi_round: {
      description: 'Asks two things, one after the other.',
      async call(_args, { context }) {
        const state = context.mcpReq.requestState<{ round?: number; name?: unknown }>()
        if (state?.round === 2) return text(`${state.name} likes ${said(context, 'step2', 'color')}`)
        if (state?.round === 1) {
          return inputRequired({
            inputRequests: { step2: elicit('What is your favorite color?', 'color') },
            requestState: seal({ round: 2, name: said(context, 'step1', 'name') }),
          })
        }
        return inputRequired({
          inputRequests: { step1: elicit('What is your name?', 'name') },
          requestState: seal({ round: 1 }),
        })
      },
    },
    test_input_required_result_capabilities: {
      description: 'Asks only for what the client can give.',
      async call(_args, { context }) {
        if (context.mcpReq.inputResponses !== undefined) return text('fulfilled')
        const envelope: Record<string, unknown> = { ...context.mcpReq.envelope }
        const can = envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined
        const inputRequests: InputRequests = {
          ...(can?.elicitation === undefined ? {} : { user_name: elicit('What is your name?', 'name') }),
          ...(can?.sampling === undefined ? {} : { greeting: sample('Generate a short greeting') }),
          ...(can?.roots === undefined ? {} : { client_roots: inputRequired.listRoots() }),
        }
        return Object.keys(inputRequests).length === 0 ? text('nothing can be asked') : inputRequired({ inputRequests })
      },
    },
  }
}
