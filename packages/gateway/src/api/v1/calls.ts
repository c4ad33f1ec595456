import {
  cancelCall,
  createCall,
  createUndo,
  getCall,
  listCalls,
  previewUndo,
  UndoPreview,
} from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { actingAgent } from '../../calls/acting-agent.ts'
import type { Calls } from '../../calls/calls.ts'
import { type ReadParts, readByTool } from '../../calls/read.ts'
import type { CurrentAgents } from '../../chat/sessions.ts'
import { pageOfList } from '../pages.ts'
import { serve } from '../serve.ts'

export function addCalls(app: FastifyInstance, calls: Calls, agents: CurrentAgents): void {
  serve(app, createCall, ({ body, caller }) => {
    const agent = actingAgent(agents, caller, body.agent)
    return calls.create({ ...body, agent }, caller, body.wait * 1000)
  })

  serve(app, listCalls, ({ query, caller }) => pageOfList(calls.list(caller, query.state), query))

  serve(app, getCall, ({ params, query, caller, signal }) => {
    return calls.ended(params.call_id, caller, query.wait * 1000, signal)
  })

  serve(app, cancelCall, ({ params, caller }) => calls.cancel(params.call_id, caller))

  app.addHook('preClose', () => calls.close())
}

/** Undoing is a call like any other. */
export function addUndo(app: FastifyInstance, calls: Calls, reading: ReadParts): void {
  serve(app, createUndo, ({ body: { index, agent: wanted, wait }, caller }) => {
    const agent = actingAgent(reading.agents, caller, wanted)
    return calls.create({ tool: 'undo_apply', args: { index }, agent }, caller, wait * 1000)
  })

  serve(app, previewUndo, ({ params: { index }, caller, signal }) => {
    return readByTool(reading, { tool: 'undo_preview', args: { index }, schema: UndoPreview, caller, signal })
  })
}
