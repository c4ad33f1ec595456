/** Answers of `POST /chat/completions`, in the shapes that each server was seen to give; the words are shortened. */

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
const DONE = 'data: [DONE]\n\n'

const base = {
  id: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
  object: 'chat.completion.chunk',
  created: 1_741_570_283,
  model: 'gpt-4.1-2025-04-14',
  service_tier: 'default',
  system_fingerprint: 'fp_fc9f1d7035',
}
const delta = (value: unknown, finish_reason: string | null = null) => {
  return event({ ...base, choices: [{ index: 0, delta: value, logprobs: null, finish_reason }], usage: null })
}
const usage = event({
  ...base,
  choices: [],
  usage: {
    prompt_tokens: 82,
    completion_tokens: 17,
    total_tokens: 99,
    prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  },
})

/** OpenAI: words with characters of two, three and four bytes, and a count in a chunk without choices. */
export const words = [
  delta({ role: 'assistant', content: '', refusal: null }),
  delta({ content: 'Größe: ' }),
  delta({ content: '42 % von 1 TB – ' }),
  delta({ content: 'gut 😀' }),
  delta({}, 'stop'),
  usage,
  DONE,
]

const toolDelta = (index: number, value: unknown, rest: Record<string, unknown> = {}) => {
  return delta({ tool_calls: [{ index, ...rest, function: value }] })
}

/** OpenAI: two calls at once, their arguments in pieces that alternate. */
export const parallelCalls = [
  delta({ role: 'assistant', content: null }),
  toolDelta(0, { name: 'disk_usage', arguments: '' }, { id: 'call_aaa', type: 'function' }),
  toolDelta(0, { arguments: '{"pa' }),
  toolDelta(1, { name: 'file_stat', arguments: '' }, { id: 'call_bbb', type: 'function' }),
  toolDelta(1, { arguments: '{"path":' }),
  toolDelta(0, { arguments: 'th":"/é"}' }),
  toolDelta(1, { arguments: '"notes.txt"}' }),
  delta({}, 'tool_calls'),
  usage,
  DONE,
]

/** A server that counts calls from 1 and leaves one out. */
export const gappedCalls = [
  toolDelta(1, { name: 'disk_usage', arguments: '{}' }, { id: 'a', type: 'function' }),
  toolDelta(3, { name: 'file_stat', arguments: '{"path":"x"}' }, { id: 'b', type: 'function' }),
  delta({}, 'tool_calls'),
  DONE,
]

/** Ollama: each call whole, all with the same index, told apart by their ids. */
export const sameIndexCalls = [
  delta({
    role: 'assistant',
    content: '',
    tool_calls: [{ id: 'call_1', index: 0, type: 'function', function: { name: 'disk_usage', arguments: '{}' } }],
  }),
  delta({
    tool_calls: [
      { id: 'call_2', index: 0, type: 'function', function: { name: 'file_stat', arguments: '{"path":"x"}' } },
    ],
  }),
  delta({}, 'tool_calls'),
  DONE,
]

/** A server that gives no index at all. */
export const indexlessCalls = [
  delta({ tool_calls: [{ id: 'c1', type: 'function', function: { name: 'disk_usage', arguments: '{"path"' } }] }),
  delta({ tool_calls: [{ function: { arguments: ':"/"}' } }] }),
  delta({ tool_calls: [{ id: 'c2', type: 'function', function: { name: 'file_stat', arguments: '{}' } }] }),
  delta({}, 'tool_calls'),
  DONE,
]

/** vLLM and DeepSeek: what the model thinks has a field of its own. */
export const reasoned = [
  delta({ role: 'assistant', content: null, reasoning_content: 'They ask ' }),
  delta({ reasoning_content: 'about disks.' }),
  delta({ content: 'All is well.' }),
  delta({}, 'stop'),
  DONE,
]

/** DeepSeek, thinking before a call. */
export const thoughtfulCall = [
  delta({ role: 'assistant', content: null, reasoning_content: 'I should ' }),
  delta({ reasoning_content: 'look.' }),
  toolDelta(0, { name: 'disk_usage', arguments: '{}' }, { id: 'call_d', type: 'function' }),
  delta({}, 'tool_calls'),
  DONE,
]

/** OpenRouter: comments keep the connection alive, thoughts are `reasoning`, and the count has the price. */
export const openRouter = [
  ': OPENROUTER PROCESSING\n\n',
  event({
    id: 'gen-1',
    provider: 'Anthropic',
    model: 'anthropic/claude-x',
    choices: [{ index: 0, delta: { role: 'assistant', content: '', reasoning: 'Hm.' }, finish_reason: null }],
  }),
  ': OPENROUTER PROCESSING\n\n',
  event({
    id: 'gen-1',
    choices: [{ index: 0, delta: { content: 'Yes.' }, finish_reason: 'stop', native_finish_reason: 'end_turn' }],
  }),
  event({ id: 'gen-1', choices: [], usage: { prompt_tokens: 10, completion_tokens: 4, cost: 0.00012 } }),
  DONE,
]

/** Mistral: content as a list of parts. */
export const parts = [
  delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Let me see.' }] }] }),
  delta({ content: [{ type: 'text', text: 'Here.' }] }),
  delta({}, 'stop'),
  DONE,
]

export const declined = [
  delta({ role: 'assistant', refusal: '' }),
  delta({ refusal: 'I cannot help with that.' }),
  delta({}, 'stop'),
  DONE,
]
export const filtered = [delta({ content: 'Well, ' }), delta({}, 'content_filter'), usage, DONE]
export const cut = [delta({ content: 'It is ' }), delta({}, 'length'), usage, DONE]
export const nothing = [DONE]
export const cutCall = [
  toolDelta(0, { name: 'file_write', arguments: '{"path":"a","content":"hal' }, { id: 'x', type: 'function' }),
  delta({}, 'length'),
  usage,
  DONE,
]

/** An error within the stream, as OpenRouter and vLLM send it. */
export const errorInStream = (code: string | number, message: string) => event({ error: { code, message, type: code } })
export const firstWords = [delta({ role: 'assistant', content: 'The disk ' })]
export const firstOfACall = [
  toolDelta(0, { name: 'disk_usage', arguments: '{}' }, { id: 'call_aaa', type: 'function' }),
]
export const badArguments = (text: string, name = 'disk_usage') => [
  toolDelta(0, { name, arguments: text }, { id: 'call_bad', type: 'function' }),
  delta({}, 'tool_calls'),
  DONE,
]

/** A whole completion, of a server that does not stream. */
export const whole = {
  id: 'cmpl-1',
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'Let me look.',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'disk_usage', arguments: '{"path":"/"}' } }],
      },
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 6 },
}

export const error = (message: string, type: string, code: string | null = null) => ({
  error: { message, type, param: null, code },
})
export const models = (...entries: readonly Record<string, unknown>[]) => ({ object: 'list', data: entries })
