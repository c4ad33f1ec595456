import { join } from 'node:path'
import { type Log, version } from '@castellan/daemon'
import type { Registry } from '../calls/registry.ts'
import type { Config } from '../config.ts'
import { LedgerRecorder } from '../ledger/ledger-recorder.ts'
import { interruptOrphans } from '../ledger/orphans.ts'
import { UnrecordedFile, UnrecordedReads } from '../ledger/unrecorded.ts'
import { Witnesses } from '../ledger/witnesses.ts'
import type { BookKeeper } from '../sessions/book-keeper.ts'
import { openHostSeal } from '../state/host-seal.ts'
import { StateFile } from '../state/state-file.ts'
import type { KeptInverses } from '../undo/kept.ts'
import { SYSTEM } from './actors.ts'

/** Opens the ledger and closes in it what the last run left open. */
export async function openLedger(
  config: Config,
  folder: string,
  { inverses, registry, book }: { inverses: KeptInverses; registry: Registry; book: BookKeeper },
  log: Log,
): Promise<LedgerRecorder> {
  return LedgerRecorder.open({
    options: {
      dir: join(config.stateDir, 'ledger'),
      keyDir: join(folder, 'ledger-keys'),
      seal: await openHostSeal(join(folder, 'ledger-keys'), log),
    },
    unrecorded: await UnrecordedReads.open(new StateFile(join(folder, 'unrecorded.json'), UnrecordedFile), log),
    follower: book,
    log,
    async onOpen(ledger, { again, unrecordedReads }) {
      const interrupted = await interruptOrphans(ledger, inverses)
      if (!again) await inverses.clear()
      if (interrupted > 0) log.warn({ interrupted }, 'calls had no outcome and are recorded as interrupted')
      const { registryDigest: registry_digest } = registry.listing
      const facts = { version, interrupted, unrecorded_reads: unrecordedReads, registry_digest }
      const type = again ? 'ledger_reopened' : 'daemon_started'
      // What every tool is from here on, so that a hash that a client pinned can be traced.
      await ledger.append({ type, actor: SYSTEM, facts }, { tool_hashes: registry.hashes() })
    },
  })
}

/** Only where a witness policy is configured. */
export async function openWitnesses(
  { ledger }: Config,
  recorder: LedgerRecorder,
  log: Log,
): Promise<Witnesses | undefined> {
  const { witnessPolicy, cosignEverySeconds } = ledger
  if (witnessPolicy === undefined) return undefined
  return Witnesses.open({ recorder, policyFile: witnessPolicy, everySeconds: cosignEverySeconds, actor: SYSTEM, log })
}
