import type { Ledger } from '@castellan/ledger'

/**
 * Closes the intents that nobody will close any more: agentd ended between an intent and its outcome. Whether the act
 * happened is not known, and the ledger says so instead of keeping silent. Answers how many there were.
 */
export async function interruptOrphans(ledger: Ledger): Promise<number> {
  const orphans = await ledger.openIntents()
  await Promise.all(
    orphans.map((intent) =>
      ledger.append(
        {
          type: 'interrupted',
          actor: { kind: 'system', name: 'agentd' },
          intent: intent.index,
          ...(intent.session === undefined ? {} : { session: intent.session }),
          ...(intent.call_id === undefined ? {} : { call_id: intent.call_id }),
          ...(intent.tool === undefined ? {} : { tool: intent.tool }),
          ...(intent.effect === undefined ? {} : { effect: intent.effect }),
          code: 'interrupted',
        },
        { summary: `agentd ended before ${intent.tool ?? 'the call'} had an outcome; what it did is not known.` },
      ),
    ),
  )
  return orphans.length
}
