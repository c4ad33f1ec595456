import type { ToolDescriptor } from '@castellan/contracts'
import type { Provider } from './provider.ts'

/** What came of a call. */
export interface GivenResult {
  readonly ok: boolean
  /** What the model is to read of it. */
  readonly text: string
}

/**
 * Tools whose calls somebody else makes, such as a turn of a chat whose engine is an MCP client. They are made one after
 * another, however many come at once: a person is asked about one at a time.
 */
export function givenTools(
  tools: readonly ToolDescriptor[],
  call: (name: string, args: Record<string, unknown>) => Promise<GivenResult>,
): Provider {
  let last: Promise<unknown> = Promise.resolve()
  return {
    async tools() {
      return tools.map(({ name, title, description, inputSchema, effect }) => {
        const annotations = { title, readOnlyHint: effect === 'read', destructiveHint: effect === 'destroy' }
        return { name, title, description, inputSchema: { ...inputSchema, type: 'object' as const }, annotations }
      })
    },
    async callTool(name, args) {
      const mine = last.then(() => call(name, args))
      last = mine.catch(() => undefined)
      const { ok, text } = await mine
      return { content: [{ type: 'text', text }], ...(ok ? {} : { isError: true }) }
    },
  }
}
