import { Readable } from 'node:stream'
import { CastellanError, type LedgerHead, type LedgerIndex } from '@castellan/contracts'
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
import type { Caller } from '../../plugins/caller.ts'
import { type ReplayParts, replay } from '../../replay/replay.ts'
import { mayReadOf, requireAgent } from '../../tokens/rights.ts'
import { cursorAt, positionOf } from '../pages.ts'
import { serve } from '../serve.ts'

export function addLedger(app: FastifyInstance, parts: ReplayParts & { readonly agentd: Agentd }): void {
  const { agentd } = parts
  serve(app, getLedgerHead, ({ signal }) => agentd.ledgerHead(signal))

  serve(app, listLedgerEntries, async ({ query: { cursor, ...filters }, caller, signal }) => {
    const before = cursor === undefined ? {} : { before: positionOf(cursor) }
    if (caller.agent !== null && filters.actor !== undefined) requireAgent(caller, filters.actor)
    const own = caller.agent === null ? {} : { actor: caller.agent }
    const { records, more } = await agentd.ledgerEntries({ ...filters, ...own, ...before }, signal)
    const last = records.at(-1)
    return { items: records, next_cursor: more && last !== undefined ? cursorAt(last.entry.index) : null }
  })

  /** An entry that is another agent's is not there for who is bound to one. */
  const entryFor = async (caller: Caller, index: LedgerIndex, signal: AbortSignal) => {
    const record = await agentd.ledgerEntry(index, signal)
    if (mayReadOf(caller, record.entry.actor.name)) return record
    throw new CastellanError('not_found', `The ledger has no entry ${index} of the agent that your token is for.`)
  }

  serve(app, getLedgerEntry, ({ params, caller, signal }) => entryFor(caller, params.index, signal))

  serve(app, getLedgerProof, async ({ params, caller, signal, reply }) => {
    if (caller.agent !== null) await entryFor(caller, params.index, signal)
    const proof = await agentd.ledgerProof(params.index, signal)
    reply.header('content-disposition', `attachment; filename="entry-${params.index}.tlog-proof"`)
    return Readable.from([proof])
  })

  serve(app, replayDecision, async ({ params, caller, signal }) => {
    if (caller.agent !== null) await entryFor(caller, params.index, signal)
    return replay(params.index, parts, signal)
  })

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
