import { Readable } from 'node:stream'
import type { LedgerVerification } from '@castellan/contracts'
import { verifyLedger } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../../agentd.ts'
import { serve } from '../serve.ts'

/** Verifying the whole ledger before somebody's eyes. It ends when they look away, and when the gateway stops. */
export function addVerification(app: FastifyInstance, agentd: Agentd): void {
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())

  serve(app, verifyLedger, async ({ signal }) => {
    const told = agentd.verifyLedger(AbortSignal.any([signal, closing.signal]))
    // Until agentd has begun, a refusal is an ordinary one.
    const first = await told.next()
    return Readable.from(events(first, told))
  })
}

async function* events(
  first: IteratorResult<LedgerVerification, void>,
  told: AsyncGenerator<LedgerVerification, void, void>,
): AsyncGenerator<string, void, void> {
  try {
    for (let next = first; next.done !== true; next = await told.next()) {
      yield `event: ${next.value.type}\ndata: ${JSON.stringify(next.value)}\n\n`
    }
  } finally {
    await told.return()
  }
}
