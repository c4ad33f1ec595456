import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface Block {
  readonly type: string
  readonly content?: unknown
  readonly is_error?: boolean
}

interface MessagesRequest {
  readonly model: string
  readonly stream?: boolean
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[]
  readonly tools?: readonly { readonly name: string }[]
}

/** A step of a conversation: the model wants a tool, or says its last words. */
export type Step =
  | { readonly tool: string; readonly input: Record<string, unknown> }
  | { readonly say: (results: readonly Block[]) => string }

/**
 * A provider on this machine that speaks the Messages API with its server-sent events. Its model follows a script: the
 * number of tool results in the conversation is the step it is at. Requests without tools are side questions.
 */
export class ScriptedProvider {
  readonly url: string
  /** The tools that were offered to the model. */
  readonly offered: Set<string>

  private constructor(url: string, offered: Set<string>) {
    this.url = url
    this.offered = offered
  }

  static async start(steps: readonly Step[]): Promise<ScriptedProvider> {
    const offered = new Set<string>()
    const server = createServer(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      if (request.method !== 'POST' || !request.url?.startsWith('/v1/messages')) return notFound(response)
      const body = JSON.parse(text) as MessagesRequest
      if (request.url.includes('count_tokens')) return json(response, { input_tokens: 1000 })
      for (const { name } of body.tools ?? []) offered.add(name)
      const blocks = (body.tools?.length ?? 0) === 0 ? [say('A short title')] : stepOf(steps, body)
      if (body.stream === true) stream(response, body.model, blocks)
      else json(response, { ...messageOf(body.model), content: blocks, stop_reason: stopReason(blocks) })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    return new ScriptedProvider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, offered)
  }
}

type OutBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: Record<string, unknown> }

function stepOf(steps: readonly Step[], { messages }: MessagesRequest): OutBlock[] {
  const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))
  const results = blocks.filter(({ type }) => type === 'tool_result')
  const step = steps[Math.min(results.length, steps.length - 1)] as Step
  if ('say' in step) return [say(step.say(results))]
  return [
    say('Let me look.'),
    { type: 'tool_use', id: `toolu_${String(results.length).padStart(8, '0')}`, name: step.tool, input: step.input },
  ]
}

function say(text: string): OutBlock {
  return { type: 'text', text }
}

function messageOf(model: string) {
  const usage = { input_tokens: 10, output_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  return { id: 'msg_scripted', type: 'message', role: 'assistant', model, stop_sequence: null, usage }
}

function stopReason(blocks: readonly OutBlock[]): string {
  return blocks.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn'
}

function stream(response: ServerResponse, model: string, blocks: readonly OutBlock[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': 'req_scripted' })
  const send = (type: string, data: Record<string, unknown>): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  }
  send('message_start', { message: { ...messageOf(model), content: [], stop_reason: null } })
  send('ping', {})
  for (const [index, block] of blocks.entries()) {
    const isText = block.type === 'text'
    send('content_block_start', { index, content_block: isText ? { type: 'text', text: '' } : { ...block, input: {} } })
    const delta = isText
      ? { type: 'text_delta', text: block.text }
      : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) }
    send('content_block_delta', { index, delta })
    send('content_block_stop', { index })
  }
  send('message_delta', {
    delta: { stop_reason: stopReason(blocks), stop_sequence: null },
    usage: { output_tokens: 10 },
  })
  send('message_stop', {})
  response.end()
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function notFound(response: ServerResponse): void {
  response
    .writeHead(404, { 'content-type': 'application/json' })
    .end('{"type":"error","error":{"type":"not_found_error","message":"not here"}}')
}
