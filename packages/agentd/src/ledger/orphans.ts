import type { LedgerEntry } from '@castellan/contracts'
import type { Ledger } from '@castellan/ledger'
import type { KeptInverses } from '../undo/kept.ts'

/**
 * Closes the intents that nobody will close any more: agentd ended between an intent and its outcome. Whether the act
 * happened is not known, and the ledger says so instead of keeping silent. Where the act had kept its inverse, it had
 * begun: the entry carries the inverse, so that the act can be taken back. Answers how many there were.
 */
export async function interruptOrphans(ledger: Ledger, inverses: KeptInverses): Promise<number> {
  const orphans = await ledger.openIntents()
  await Promise.all(
    orphans.map(async (intent) => {
      const inverse = intent.call_id === undefined ? undefined : await inverses.find(intent.call_id)
      const summary = `agentd ended before ${intent.tool ?? 'the call'} had an outcome; ${
        inverse === undefined ? 'what it did is not known.' : 'it had begun, and can be taken back.'
      }`
      await ledger.append(headerOf(intent), inverse === undefined ? { summary } : { summary, inverse })
      if (intent.call_id !== undefined) await inverses.release(intent.call_id)
    }),
  )
  return orphans.length
}

function headerOf(intent: LedgerEntry) {
  return {
    type: 'interrupted' as const,
    actor: { kind: 'system' as const, name: 'agentd' },
    intent: intent.index,
    ...(intent.session === undefined ? {} : { session: intent.session }),
    ...(intent.call_id === undefined ? {} : { call_id: intent.call_id }),
    ...(intent.tool === undefined ? {} : { tool: intent.tool }),
    ...(intent.effect === undefined ? {} : { effect: intent.effect }),
    code: 'interrupted',
  }
}
