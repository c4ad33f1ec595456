import { listEngines, testEngine } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Engines } from '../../engines/engines.ts'
import { serve } from '../serve.ts'

/** What can answer in a chat, and whether it would. */
export function addEngines(app: FastifyInstance, engines: Engines): void {
  serve(app, listEngines, async ({ signal }) => ({ items: await engines.list(signal) }))
  serve(app, testEngine, ({ body, signal }) => engines.test(body, signal))
}
