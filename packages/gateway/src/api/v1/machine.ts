import {
  Generation,
  getSwitch,
  IncidentView,
  listGenerations,
  listIncidents,
  listModels,
  listSwitches,
  ModelFile,
  Switch,
  SwitchDetail,
} from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type ReadParts, readByTool } from '../../calls/read.ts'
import type { Engine } from '../../engines/engine.ts'
import { cursorAt, type Page, positionOf } from '../pages.ts'
import { serve } from '../serve.ts'

/** Of a listing tool's output: whether there is more than it answered. */
const Cut = z.object({ truncated: z.boolean() })
const Generations = Cut.extend({ generations: z.array(Generation) })
const Switches = Cut.extend({ switches: z.array(Switch) })
const Incidents = Cut.extend({ incidents: z.array(IncidentView) })
const Models = Cut.extend({ models: z.array(ModelFile) })

/** What the machine has to tell, each by the tool that an agent would call for it. */
export function addMachine(app: FastifyInstance, parts: ReadParts & { readonly engine: Engine }): void {
  serve(app, listGenerations, async ({ query, caller, signal }) => {
    const args = windowOf(query)
    const { generations, truncated } = await readByTool(parts, {
      ...{ tool: 'generation_list', args, schema: Generations, caller, signal },
    })
    return pageFrom(args.offset, generations, truncated)
  })

  serve(app, listSwitches, async ({ query, caller, signal }) => {
    const args = windowOf(query)
    const { switches, truncated } = await readByTool(parts, {
      ...{ tool: 'switch_list', args, schema: Switches, caller, signal },
    })
    return pageFrom(args.offset, switches, truncated)
  })

  serve(app, getSwitch, ({ params, caller, signal }) => {
    const args = { id: params.switch_id }
    return readByTool(parts, { tool: 'switch_status', args, schema: SwitchDetail, caller, signal })
  })

  serve(app, listIncidents, async ({ query, caller, signal }) => {
    const args = { ...windowOf(query), ...(query.state === undefined ? {} : { state: query.state }) }
    const { incidents, truncated } = await readByTool(parts, {
      ...{ tool: 'incident_list', args, schema: Incidents, caller, signal },
    })
    return pageFrom(args.offset, incidents, truncated)
  })

  serve(app, listModels, async ({ query, caller, signal }) => {
    const args = windowOf(query)
    const [loaded, { models, truncated }] = await Promise.all([
      loadedModel(parts.engine, signal),
      readByTool(parts, { tool: 'model_list', args, schema: Models, caller, signal }),
    ])
    return { ...pageFrom(args.offset, models, truncated), loaded }
  })
}

function windowOf({ limit, cursor }: { limit: number; cursor?: string | undefined }): {
  limit: number
  offset: number
} {
  return { limit, offset: positionOf(cursor) }
}

function pageFrom<Item>(offset: number, items: Item[], truncated: boolean): Page<Item> {
  return { items, next_cursor: truncated && items.length > 0 ? cursorAt(offset + items.length) : null }
}

async function loadedModel(engine: Engine, signal: AbortSignal) {
  const health = await engine.health(signal).catch(() => undefined)
  const model = health?.model
  return model ? { name: model.name, context_tokens: model.contextTokens } : null
}
