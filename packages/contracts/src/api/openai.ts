import { z } from 'zod'
import { MAX_EMBEDDING_CHARACTERS, MAX_EMBEDDING_INPUTS } from '../embeddings.ts'
import { defineOperation } from './operation.ts'

/** Source of all shapes here: OpenAI's API reference, chat completions, models and embeddings. */

const TextPart = z.looseObject({ type: z.literal('text'), text: z.string() })
const Content = z.union([z.string(), z.array(TextPart)])

const FunctionName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, dashes or underscores')

const ToolCall = z.strictObject({
  id: z.string().min(1).max(128),
  type: z.literal('function'),
  function: z.strictObject({ name: FunctionName, arguments: z.string().max(65_536) }),
})

const Message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), content: Content }),
  z.looseObject({ role: z.literal('developer'), content: Content }),
  z.looseObject({ role: z.literal('user'), content: Content }),
  z.looseObject({
    role: z.literal('assistant'),
    content: Content.nullish(),
    tool_calls: z.array(ToolCall).max(64).optional(),
  }),
  z.looseObject({ role: z.literal('tool'), content: Content, tool_call_id: z.string().min(1).max(128) }),
])

const Tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: FunctionName,
    description: z.string().max(8192).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
})

const ResponseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({ name: z.string().min(1).max(64), schema: z.record(z.string(), z.unknown()) }),
  }),
])

const ToolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: FunctionName }) }),
])

/** Fields that are not here are let be, as OpenAI's clients send many: they change nothing. */
export const ChatCompletionBody = z.looseObject({
  /** Whichever name is given, the model that is loaded on this machine answers; `listOpenAiModels` names it. */
  model: z.string().min(1).max(200),
  messages: z.array(Message).min(1).max(512),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().min(1).max(32_768).nullish(),
  max_completion_tokens: z.int().min(1).max(32_768).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.int().min(0).max(0xffffffff).nullish(),
  n: z.literal(1).nullish(),
  response_format: ResponseFormat.nullish(),
  tools: z.array(Tool).max(256).optional(),
  tool_choice: ToolChoice.nullish(),
})
export type ChatCompletionBody = z.infer<typeof ChatCompletionBody>

const FinishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter'])

const CompletionUsage = z.strictObject({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
})

export const ChatCompletion = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  /** Seconds since 1970. */
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.strictObject({
      index: z.int(),
      message: z.strictObject({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.null(),
        tool_calls: z.array(ToolCall).optional(),
      }),
      logprobs: z.null(),
      finish_reason: FinishReason,
    }),
  ),
  usage: CompletionUsage,
})
export type ChatCompletion = z.infer<typeof ChatCompletion>

export const ChatCompletionChunk = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.strictObject({
      index: z.int(),
      delta: z.strictObject({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        tool_calls: z.array(ToolCall.extend({ index: z.int() })).optional(),
      }),
      finish_reason: FinishReason.nullable(),
    }),
  ),
  /** On the last chunk, where `stream_options.include_usage` asks for it; else absent. */
  usage: CompletionUsage.nullish(),
})
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>

export const createChatCompletion = defineOperation({
  id: 'createChatCompletion',
  method: 'POST',
  path: '/v1/chat/completions',
  tag: 'openai',
  summary: 'The next message of a conversation',
  description:
    'With `stream: true` the answer is a stream of server-sent events, each a chunk, ended by `[DONE]`. `tools` are handed ' +
    'to the model, which may ask for them; running them is up to the caller: nothing on this machine is done. Where ' +
    '`tool_choice` demands a call, or `response_format` JSON, the model is told so and its answer is held to it: it comes once it ' +
    'is whole, and where the model does not manage in two tries it is refused (`engine_garbled`). Of a JSON schema, that ' +
    'the answer is one object with all that is `required` is held. Images, sound and several choices are refused.',
  scope: 'chat',
  body: ChatCompletionBody,
  // Conversations with tools are long; a model that reads as much is the exception on a machine of one's own.
  maxBodyBytes: 256 * 1024,
  status: 200,
  answer: ChatCompletion,
  event: ChatCompletionChunk,
  refuses: 'openai',
  errors: [
    'agents_frozen',
    'engine_unavailable',
    'engine_loading',
    'engine_crashed',
    'engine_garbled',
    'model_invalid',
    'context_full',
    'busy',
    'shutting_down',
  ],
  example: {
    body: { model: 'castellan-interpreter', messages: [{ role: 'user', content: 'how full are my disks?' }] },
    answer: {
      id: 'chatcmpl-l7XhJ0f3T3m4Yz1Q',
      object: 'chat.completion',
      created: 1_795_230_000,
      model: 'castellan-interpreter',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'I can look at your disks.', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 },
    },
  },
})

export const OpenAiModelList = z.strictObject({
  object: z.literal('list'),
  data: z.array(z.strictObject({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })),
})

export const listOpenAiModels = defineOperation({
  id: 'listOpenAiModels',
  method: 'GET',
  path: '/v1/models',
  tag: 'openai',
  summary: 'The model on this machine',
  scope: 'chat',
  status: 200,
  answer: OpenAiModelList,
  refuses: 'openai',
  errors: ['engine_unavailable'],
  example: {
    answer: {
      object: 'list',
      data: [{ id: 'castellan-interpreter', object: 'model', created: 1_795_230_000, owned_by: 'castellan' }],
    },
  },
})

export const getOpenAiModel = defineOperation({
  id: 'getOpenAiModel',
  method: 'GET',
  path: '/v1/models/{model}',
  tag: 'openai',
  summary: 'One model of this machine',
  scope: 'chat',
  params: z.strictObject({ model: z.string().min(1).max(200) }),
  status: 200,
  answer: OpenAiModelList.shape.data.element,
  refuses: 'openai',
  errors: ['not_found', 'engine_unavailable'],
  example: {
    params: { model: 'castellan-interpreter' },
    answer: { id: 'castellan-interpreter', object: 'model', created: 1_795_230_000, owned_by: 'castellan' },
  },
})

const EmbeddingInput = z.string().min(1).max(MAX_EMBEDDING_CHARACTERS)

export const EmbeddingBody = z.looseObject({
  /** Whichever name is given, the embedding model of this machine answers; the answer names it. */
  model: z.string().min(1).max(200),
  input: z.union([EmbeddingInput, z.array(EmbeddingInput).min(1).max(MAX_EMBEDDING_INPUTS)]),
  encoding_format: z.enum(['float', 'base64']).optional(),
  /** Only as many as the model's vectors have. */
  dimensions: z.int().min(1).max(65_536).optional(),
})
export type EmbeddingBody = z.infer<typeof EmbeddingBody>

export const EmbeddingList = z.strictObject({
  object: z.literal('list'),
  data: z.array(
    z.strictObject({
      object: z.literal('embedding'),
      index: z.int(),
      /** Numbers, or their 32-bit little-endian floats in base64 where `encoding_format` asks for that. */
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
  model: z.string(),
  usage: z.strictObject({ prompt_tokens: z.int(), total_tokens: z.int() }),
})
export type EmbeddingList = z.infer<typeof EmbeddingList>

export const createEmbedding = defineOperation({
  id: 'createEmbedding',
  method: 'POST',
  path: '/v1/embeddings',
  tag: 'openai',
  summary: 'Vectors of texts',
  description:
    'Made by the embedding model that the owner configured beside the one that answers (docs/models.md); each has length 1. ' +
    'Without such a model the answer is 501 `embeddings_off` and says what to do. A text that the model cannot take whole is ' +
    'refused (413 `input_too_long`), not cut. Lists of token numbers are not taken.',
  scope: 'chat',
  body: EmbeddingBody,
  maxBodyBytes: 1024 * 1024,
  status: 200,
  answer: EmbeddingList,
  refuses: 'openai',
  errors: [
    'embeddings_off',
    'input_too_long',
    'engine_unavailable',
    'engine_crashed',
    'engine_stalled',
    'engine_queue_full',
    'model_invalid',
    'model_too_large',
    'shutting_down',
  ],
  example: {
    body: { model: 'castellan-embedding', input: 'the disk is full' },
    answer: {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.12, -0.4, 0.09] }],
      model: 'castellan-embedding',
      usage: { prompt_tokens: 5, total_tokens: 5 },
    },
  },
})
