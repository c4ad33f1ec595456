import { Readable } from 'node:stream'
import type { LedgerHead } from '@castellan/contracts'
import {
  checkLedger,
  getLedgerEntry,
  getLedgerHead,
  getLedgerProof,
  type LedgerCheck,
  listLedgerEntries,
  replayDecision,
} from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../../agentd.ts'
import { type ReplayParts, replay } from '../../replay/replay.ts'
import { cursorAt, positionOf } from '../pages.ts'
import { serve } from '../serve.ts'

export function addLedger(app: FastifyInstance, parts: ReplayParts & { readonly agentd: Agentd }): void {
  const { agentd } = parts
  serve(app, getLedgerHead, ({ signal }) => agentd.ledgerHead(signal))

  serve(app, listLedgerEntries, async ({ query: { cursor, ...filters }, signal }) => {
    const before = cursor === undefined ? {} : { before: positionOf(cursor) }
    const { records, more } = await agentd.ledgerEntries({ ...filters, ...before }, signal)
    const last = records.at(-1)
    return { items: records, next_cursor: more && last !== undefined ? cursorAt(last.entry.index) : null }
  })

  serve(app, getLedgerEntry, ({ params, signal }) => agentd.ledgerEntry(params.index, signal))

  serve(app, getLedgerProof, async ({ params, signal, reply }) => {
    const proof = await agentd.ledgerProof(params.index, signal)
    reply.header('content-disposition', `attachment; filename="entry-${params.index}.tlog-proof"`)
    return Readable.from([proof])
  })

  serve(app, replayDecision, ({ params, signal }) => replay(params.index, parts, signal))

  serve(app, checkLedger, async ({ signal }): Promise<LedgerCheck> => {
    const [state, head] = await Promise.all([agentd.ledgerState(signal), agentd.ledgerHead(signal)])
    const checks: LedgerCheck['checks'] = [
      { check: 'state', ok: state.state === 'ok', message: state.message ?? 'agentd finds its ledger in order.' },
      await signatureOf(head),
      await newestEntryOf(head, agentd, signal),
    ]
    const { size, root } = head
    return { ok: checks.every(({ ok }) => ok), checked_at: new Date().toISOString(), state, size, root, checks }
  })
}

async function signatureOf({ checkpoint, vkey, size, root }: LedgerHead): Promise<LedgerCheck['checks'][number]> {
  // Loaded by the first who asks: most gateways never check.
  const { openCheckpoint, parseVkey } = await import('@castellan/ledger')
  try {
    const signed = openCheckpoint(checkpoint, [parseVkey(vkey)])
    const ok = signed.size === size && signed.root.toString('hex') === root
    const message = ok
      ? `The head of ${size} entries is signed by the log’s key.`
      : 'The head that agentd tells is not the one it signed.'
    return { check: 'signature', ok, message }
  } catch (error) {
    return { check: 'signature', ok: false, message: (error as Error).message }
  }
}

async function newestEntryOf(
  { size, vkey }: LedgerHead,
  agentd: Agentd,
  signal: AbortSignal,
): Promise<LedgerCheck['checks'][number]> {
  if (size === 0) return { check: 'newest_entry', ok: true, message: 'The ledger has no entry yet.' }
  const { checkProof } = await import('@castellan/ledger')
  try {
    const { entry } = checkProof(await agentd.ledgerProof(size - 1, signal), [vkey])
    const ok = entry.index === size - 1
    const message = ok
      ? `Entry ${entry.index} is in the tree that the head signs.`
      : `The proof of entry ${size - 1} is of entry ${entry.index}.`
    return { check: 'newest_entry', ok, message }
  } catch (error) {
    return { check: 'newest_entry', ok: false, message: (error as Error).message }
  }
}
