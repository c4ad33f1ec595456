import { type LedgerOptions, type Verdict, verifyLedger } from '@castellan/ledger'
import type { LedgerVerdict } from '../host/index.ts'
import type { Verifying } from './recorder.ts'

/** Verifies the log as it lies on disk, as tools show it: what is wrong first, and whether the signature holds. */
export async function verdictOn({ dir, keyDir, seal }: LedgerOptions, how: Verifying = {}): Promise<LedgerVerdict> {
  const verdict = await verifyLedger({ dir, keyDir, ...(seal === undefined ? {} : { seal }), ...how })
  const [first] = verdict.findings
  return {
    ok: verdict.ok,
    entries: verdict.entries,
    root: verdict.root,
    checkpoint: checkpointState(verdict),
    durationMs: Math.round(verdict.durationMs * 10) / 10,
    problem: first === undefined ? null : { index: first.index ?? null, message: first.message },
  }
}

function checkpointState({ findings }: Verdict): LedgerVerdict['checkpoint'] {
  const about = findings.find(({ subject }) => subject === 'checkpoint')
  if (about === undefined) return 'valid'
  return about.kind === 'missing' ? 'missing' : 'invalid'
}
