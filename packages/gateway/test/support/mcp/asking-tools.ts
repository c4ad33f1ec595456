import type { ElicitRequestFormParams } from '@modelcontextprotocol/server'
import { text } from './content.ts'
import { anything, type FixtureTool, type FixtureTools } from './tool.ts'

/** What the scenarios of 2025-11-25 ask of a server that turns to its client in the middle of a call. */
export const askingTools: FixtureTools = {
  test_sampling: {
    description: 'Asks the client’s model.',
    inputSchema: anything('prompt'),
    async call({ prompt }, { context }) {
      const answer = await context.mcpReq.send({
        method: 'sampling/createMessage',
        params: { messages: [{ role: 'user', content: { type: 'text', text: String(prompt) } }], maxTokens: 100 },
      })
      return text(`LLM response: ${JSON.stringify(answer.content)}`)
    },
  },
  test_elicitation: eliciting(({ message }) => ({
    message: String(message),
    requestedSchema: {
      type: 'object',
      properties: { response: { type: 'string', description: "User's response" } },
      required: ['response'],
    },
  })),
  test_elicitation_sep1034_defaults: eliciting(() => ({
    message: 'Please review the defaults.',
    requestedSchema: {
      type: 'object',
      properties: {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
      required: [],
    },
  })),
  test_elicitation_sep1330_enums: eliciting(() => ({
    message: 'Please choose.',
    requestedSchema: {
      type: 'object',
      properties: {
        untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
        titledSingle: { type: 'string', oneOf: titled('value', ['First Option', 'Second Option', 'Third Option']) },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
        titledMulti: {
          type: 'array',
          items: { anyOf: titled('value', ['First Choice', 'Second Choice', 'Third Choice']) },
        },
      },
      required: [],
    },
  })),
}

function eliciting(params: (args: Record<string, unknown>) => ElicitRequestFormParams): FixtureTool {
  return {
    description: 'Asks the person at the client.',
    async call(args, { context }) {
      const { action, content } = await context.mcpReq.send({ method: 'elicitation/create', params: params(args) })
      return text(`User response: action=${action}, content=${JSON.stringify(content ?? {})}`)
    },
  }
}

function titled(prefix: string, titles: readonly string[]): { const: string; title: string }[] {
  return titles.map((title, index) => ({ const: `${prefix}${index + 1}`, title }))
}
