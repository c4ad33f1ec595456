/** Answers of `POST /v1/messages`, in the shapes the API was seen to give; the words are shortened. */

const event = (type: string, value: Record<string, unknown> = {}): string => {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`
}

export const start = event('message_start', {
  message: {
    id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 25, cache_creation_input_tokens: 100, cache_read_input_tokens: 2000, output_tokens: 1 },
  },
})
export const ping = event('ping')
const begin = (index: number, content_block: Record<string, unknown>) =>
  event('content_block_start', { index, content_block })
const add = (index: number, delta: Record<string, unknown>) => event('content_block_delta', { index, delta })
const finish = (index: number) => event('content_block_stop', { index })
const end = (stop_reason: string, output_tokens = 15) => [
  event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens } }),
  event('message_stop'),
]
const text = (index: number, ...pieces: string[]) => [
  begin(index, { type: 'text', text: '' }),
  ...pieces.map((piece) => add(index, { type: 'text_delta', text: piece })),
  finish(index),
]
const tool = (index: number, name: string, ...pieces: string[]) => [
  begin(index, { type: 'tool_use', id: `toolu_0${index}T1x1fJ34qAmk2tNTrN7Up6`, name, input: {} }),
  ...pieces.map((partial_json) => add(index, { type: 'input_json_delta', partial_json })),
  finish(index),
]

export const words = [start, ping, ...text(0, 'Größe: ', '42 % – ', 'gut 😀'), ...end('end_turn')]
export const calls = [
  start,
  ...text(0, 'Let me look.'),
  ...tool(1, 'disk_usage', '', '{"pa', 'th": "/é"}'),
  ...tool(2, 'file_stat', '{"path":', '"notes.txt"}'),
  ...end('tool_use'),
]
/** A tool without arguments is sent no piece of them. */
export const callWithout = [start, ...tool(0, 'memory_usage'), ...end('tool_use')]
export const badCall = [start, ...tool(0, 'disk_usage', '{"path": "/'), ...end('max_tokens')]
export const thought = [
  start,
  begin(0, { type: 'thinking', thinking: '', signature: '' }),
  add(0, { type: 'thinking_delta', thinking: 'They ask ' }),
  add(0, { type: 'thinking_delta', thinking: 'about disks.' }),
  add(0, { type: 'signature_delta', signature: 'EqQBCgIYAhIM1gbcDa9' }),
  finish(0),
  begin(1, { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' }),
  finish(1),
  ...tool(2, 'disk_usage', '{"path":"/"}'),
  ...end('tool_use'),
]
export const refused = [start, ...text(0, 'I '), ...end('refusal')]
export const cut = [start, ...text(0, 'It is '), ...end('max_tokens')]
/** Events and blocks that did not exist when this was written. */
export const newKinds = [
  start,
  event('weather', { sunny: true }),
  begin(0, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
  add(0, { type: 'some_new_delta', value: 1 }),
  finish(0),
  ...text(1, 'Yes.'),
  ...end('end_turn'),
]
export const error = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_011',
})
export const errorEvent = (type: string, message: string) => event('error', { error: { type, message } })
export const firstWords = [
  start,
  begin(0, { type: 'text', text: '' }),
  add(0, { type: 'text_delta', text: 'The disk ' }),
]
export const models = (...ids: readonly string[]) => ({
  data: ids.map((id) => ({ type: 'model', id, display_name: id, created_at: '2025-09-29T00:00:00Z' })),
  has_more: false,
})
