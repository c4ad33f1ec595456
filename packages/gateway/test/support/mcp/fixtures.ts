import type { Provider, Sealer } from '@castellan/mcp-bridge'
import { acceptedContent, inputRequired, type PromptMessage } from '@modelcontextprotocol/server'
import { askingTools } from './asking-tools.ts'
import { embedded, image, PIXEL, text } from './content.ts'
import { plainTools } from './plain-tools.ts'
import { roundTripTools } from './round-trip-tools.ts'
import { taskSupportOf, taskTools } from './task-tools.ts'
import type { FixtureTools } from './tool.ts'

/** Everything that the conformance scenarios look for by name, beside agentd's tools on the same bridge. */
export function conformanceFixtures(sealer: Sealer): Provider {
  const listeners = new Set<() => void>()
  const tools: FixtureTools = {
    ...plainTools,
    ...askingTools,
    ...taskTools,
    ...roundTripTools(sealer),
    test_trigger_tool_change: {
      description: 'Says that the list of tools has changed.',
      async call() {
        for (const listener of listeners) listener()
        return text('tools_list_changed published')
      },
    },
  }
  return {
    logs: true,
    tools: async () =>
      Object.entries(tools).map(([name, { description, inputSchema = { type: 'object' as const } }]) => ({
        name,
        description,
        inputSchema,
      })),
    taskSupport: async (name) => taskSupportOf(name),
    callTool: async (name, args, request) => tools[name]?.call(args, request),
    resources: async () => [...RESOURCES.values()].map(({ resource }) => resource),
    resourceTemplates: async () => [
      { uriTemplate: 'test://template/{id}/data', name: 'template', mimeType: 'application/json' },
    ],
    async readResource(uri) {
      const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1]
      if (id !== undefined) {
        const content = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
        return { contents: [{ uri, mimeType: 'application/json', text: content }] }
      }
      const found = RESOURCES.get(uri)
      return found === undefined ? undefined : { contents: [found.content] }
    },
    subscribe: async () => undefined,
    prompts: async () =>
      Object.entries(PROMPTS).map(([name, { description, args }]) => ({
        name,
        description,
        arguments: args.map((argument) => ({ name: argument, required: true })),
      })),
    async getPrompt(name, args, { context }) {
      if (name === 'test_input_required_result_prompt') {
        const given = acceptedContent<{ context: string }>(context.mcpReq.inputResponses, 'user_context')?.context
        if (given !== undefined) return { messages: [user(`Use the following context: ${given}`)] }
        const requestedSchema = {
          type: 'object' as const,
          properties: { context: { type: 'string' as const } },
          required: ['context'],
        }
        const user_context = inputRequired.elicit({ message: 'Which context?', requestedSchema })
        return inputRequired({ inputRequests: { user_context } })
      }
      const messages = PROMPTS[name]?.messages(args)
      return messages === undefined ? undefined : { messages }
    },
    complete: async () => ({ completion: { values: [], total: 0, hasMore: false } }),
    onToolsChanged(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const RESOURCES = new Map(
  [
    { uri: 'test://static-text', mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
    { uri: 'test://static-binary', mimeType: 'image/png', blob: PIXEL },
    { uri: 'test://watched-resource', mimeType: 'text/plain', text: 'Watched resource content' },
  ].map((content) => {
    const { uri, mimeType } = content
    return [uri, { resource: { uri, name: uri.slice('test://'.length), mimeType }, content }]
  }),
)

interface FixturePrompt {
  readonly description: string
  readonly args: readonly string[]
  messages(args: Record<string, string>): PromptMessage[]
}

const PROMPTS: Readonly<Record<string, FixturePrompt>> = {
  test_simple_prompt: {
    description: 'Has no arguments.',
    args: [],
    messages: () => [user('This is a simple prompt for testing.')],
  },
  test_prompt_with_arguments: {
    description: 'Has two arguments.',
    args: ['arg1', 'arg2'],
    messages: ({ arg1, arg2 }) => [user(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  },
  test_prompt_with_embedded_resource: {
    description: 'Embeds a resource.',
    args: ['resourceUri'],
    messages: ({ resourceUri = '' }) => [
      { role: 'user', content: embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.') },
      user('Please process the embedded resource above.'),
    ],
  },
  test_prompt_with_image: {
    description: 'Shows an image.',
    args: [],
    messages: () => [{ role: 'user', content: image }, user('Please analyze the image above.')],
  },
  test_input_required_result_prompt: { description: 'Asks for its context first.', args: [], messages: () => [] },
}

function user(words: string): PromptMessage {
  return { role: 'user', content: { type: 'text', text: words } }
}
