import { listMemory, type MemoryFact, recallMemory } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { type ReadParts, readByTool } from '../../calls/read.ts'
import { FactListing, RecalledFacts, recalledFact, type ToolFact } from '../../memory/facts.ts'
import { cursorAt, positionOf } from '../pages.ts'
import { serve } from '../serve.ts'

/** What agents remember. agentd keeps it; asking is a call like any other. */
export function addMemory(app: FastifyInstance, parts: ReadParts): void {
  serve(app, listMemory, async ({ query: { limit, cursor, tags }, caller, signal }) => {
    const before = positionOf(cursor)
    const args = { limit, tags, ...(before === 0 ? {} : { before }) }
    const { facts, nextBefore } = await readByTool(parts, {
      ...{ tool: 'memory_list', args, schema: FactListing, caller, signal },
    })
    return { items: facts.map(memoryFact), next_cursor: nextBefore === null ? null : cursorAt(nextBefore) }
  })

  serve(app, recallMemory, async ({ query: { about, tags, limit }, caller, signal }) => {
    const args = { about, tags, limit }
    const { facts } = await readByTool(parts, {
      ...{ tool: 'memory_recall', args, schema: RecalledFacts, caller, signal },
    })
    return { items: facts.map(memoryFact) }
  })
}

function memoryFact(fact: ToolFact): MemoryFact {
  return { ...recalledFact(fact), tags: fact.tags, expires_at: fact.expiresAt }
}
