import { setTimeout as sleep } from 'node:timers/promises'
import { embedded, image, SILENCE, text, textBlock } from './content.ts'
import type { FixtureTools } from './tool.ts'

const PAUSE_MS = 20

/** What the scenarios ask of plain results, logging and progress. */
export const plainTools: FixtureTools = {
  test_simple_text: {
    description: 'Answers with text.',
    call: async () => text('This is a simple text response for testing.'),
  },
  test_image_content: { description: 'Answers with an image.', call: async () => ({ content: [image] }) },
  test_audio_content: {
    description: 'Answers with audio.',
    call: async () => ({ content: [{ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }] }),
  },
  test_embedded_resource: {
    description: 'Answers with an embedded resource.',
    call: async () => ({
      content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
    }),
  },
  test_multiple_content_types: {
    description: 'Answers with text, an image and a resource.',
    call: async () => ({
      content: [
        textBlock('Multiple content types test:'),
        image,
        embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
      ],
    }),
  },
  test_error_handling: {
    description: 'Fails.',
    call: async () => ({ ...text('This tool intentionally returns an error for testing'), isError: true }),
  },
  test_tool_with_logging: {
    description: 'Logs three times.',
    async call(_args, { context }) {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await context.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } })
        await sleep(PAUSE_MS)
      }
      return text('Tool with logging executed successfully')
    },
  },
  test_logging_tool: {
    description: 'Logs where the request asks for it.',
    async call(_args, { context }) {
      await context.mcpReq.log('info', 'test_logging_tool ran')
      return text('logged')
    },
  },
  test_tool_with_progress: {
    description: 'Tells its progress three times.',
    async call(_args, { context }) {
      const progressToken = context.mcpReq._meta?.progressToken
      for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
        const params = {
          progressToken: progressToken as string | number,
          progress,
          total: 100,
          message: `${progress} of 100`,
        }
        await context.mcpReq.notify({ method: 'notifications/progress', params })
        await sleep(PAUSE_MS)
      }
      return text(String(progressToken))
    },
  },
  test_streaming_elicitation: {
    description: 'Answers without asking anything.',
    call: async () => text('no request of the server is on this stream'),
  },
  json_schema_2020_12_tool: {
    description: 'Has a schema with the vocabulary of JSON Schema 2020-12.',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: {
          $anchor: 'addressDef',
          type: 'object',
          properties: { street: { type: 'string' }, city: { type: 'string' } },
        },
      },
      properties: {
        name: { type: 'string' },
        address: { $ref: '#/$defs/address' },
        contactMethod: { type: 'string', enum: ['phone', 'email'] },
        phone: { type: 'string' },
        email: { type: 'string' },
      },
      allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
      if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
      then: { required: ['phone'] },
      else: { required: ['email'] },
      additionalProperties: false,
    },
    call: async (args) => text(JSON.stringify(args)),
  },
}
