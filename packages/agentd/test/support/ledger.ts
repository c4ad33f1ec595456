import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger } from '@castellan/daemon'
import { Ledger, type LedgerOptions } from '@castellan/ledger'
import type { LedgerRecorderParts } from '../../src/ledger/ledger-recorder.ts'
import { UnrecordedFile, UnrecordedReads } from '../../src/ledger/unrecorded.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { temporaryState } from './agentd.ts'

/** Where agentd keeps the ledger of a state folder. */
export function ledgerOf(stateDir: string): { readonly dir: string; readonly keyDir: string } {
  return { dir: join(stateDir, 'ledger'), keyDir: join(stateDir, 'agentd/ledger-keys') }
}

/** What a recorder over a new ledger is made of. */
export async function recorderParts(options: Partial<LedgerOptions> = {}): Promise<LedgerRecorderParts> {
  const stateDir = temporaryState()
  const log = createLogger({ name: 'test', file: '/dev/null' })
  const file = new StateFile(join(stateDir, 'unrecorded.json'), UnrecordedFile)
  return {
    options: { ...ledgerOf(stateDir), ...options },
    unrecorded: await UnrecordedReads.open(file, log),
    log,
    onOpen: async () => undefined,
  }
}

/** Writes a ledger as agentd would have at another time: one call for each argument. */
export async function writeLedger(stateDir: string, clock: () => number, args: readonly string[]): Promise<void> {
  const actor = { kind: 'agent', name: 'main' } as const
  const ledger = await Ledger.open({ ...ledgerOf(stateDir), clock })
  for (const text of args) {
    const { index } = await ledger.append({ type: 'intent', actor }, { args: { text } })
    await ledger.append({ type: 'outcome', actor, intent: index, ok: true }, { summary: `It said ${text}.` })
  }
  await ledger.close()
}

/** Changes one byte of entry `index` in a journal of one segment. */
export function damage(stateDir: string, index = 1): void {
  const folder = join(stateDir, 'ledger/journal')
  const path = join(folder, readdirSync(folder)[0] as string)
  const at = readFileSync(path).indexOf(`"index":${index},`)
  const file = openSync(path, 'r+')
  writeSync(file, '!', at)
  closeSync(file)
}
