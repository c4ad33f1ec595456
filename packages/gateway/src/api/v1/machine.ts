import { Generation, getSwitch, listGenerations, listSwitches, Switch, SwitchDetail } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type ReadParts, readByTool } from '../../calls/read.ts'
import { pageFrom, windowOf } from '../pages.ts'
import { serve } from '../serve.ts'

/** Of a listing tool's output: whether there is more than it answered. */
const Cut = z.object({ truncated: z.boolean() })
const Generations = Cut.extend({ generations: z.array(Generation) })
const Switches = Cut.extend({ switches: z.array(Switch) })

/** What the machine has to tell, each by the tool that an agent would call for it. */
export function addMachine(app: FastifyInstance, parts: ReadParts): void {
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
}
