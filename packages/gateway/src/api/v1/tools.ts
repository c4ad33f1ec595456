import { CastellanError, type ToolDescriptor } from '@castellan/contracts'
import { getTool, listTools } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../../agentd.ts'
import { pageOfList } from '../pages.ts'
import { serve } from '../serve.ts'

export function addTools(app: FastifyInstance, agentd: Agentd): void {
  serve(app, listTools, async ({ query, signal }) => {
    const { tools } = await agentd.tools(signal)
    const words = (query.about ?? '').toLowerCase().split(/\s+/).filter(Boolean)
    const wanted = tools.filter((tool) => (query.effect ?? tool.effect) === tool.effect && isAbout(tool, words))
    const { items, next_cursor } = pageOfList(wanted, query)
    return {
      items: items.map(({ name, title, description, effect, undo }) => ({ name, title, description, effect, undo })),
      next_cursor,
    }
  })

  serve(app, getTool, async ({ params, signal }) => {
    const { tools } = await agentd.tools(signal)
    const tool = tools.find(({ name }) => name === params.tool)
    if (tool !== undefined) return tool
    throw new CastellanError(
      'unknown_tool',
      `There is no tool ${params.tool}; GET /api/v1/tools lists those there are.`,
    )
  })
}

function isAbout({ name, title, description }: ToolDescriptor, words: readonly string[]): boolean {
  const text = `${name} ${title} ${description}`.toLowerCase()
  return words.every((word) => text.includes(word))
}
