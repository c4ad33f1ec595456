import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ledger, type LedgerOptions } from '@castellan/ledger'
import { afterAll } from 'vitest'
import { intent, outcome } from './drafts.ts'

export { intent, outcome }

/** A folder under the system's temp folder that goes when the test file ends. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-ledger-'))
  folders.push(folder)
  return folder
}

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

export interface Place extends LedgerOptions {
  readonly dir: string
  readonly keyDir: string
}

export async function tempPlace(): Promise<Place> {
  const folder = await tempFolder()
  return { dir: join(folder, 'ledger'), keyDir: join(folder, 'keys'), origin: 'test.example/ledger' }
}

/** Appends `count` entries, intents and their outcomes in turn, all at once. */
export async function fill(ledger: Ledger, count: number): Promise<void> {
  const start = ledger.size
  const appended: Promise<unknown>[] = []
  for (let i = start; i < start + count; i += 1) {
    appended.push(
      (i - start) % 2 === 0
        ? ledger.append(intent(i), { args: { path: `/srv/${i}` }, summary: `call ${i}` })
        : ledger.append(outcome(i - 1), { result: { bytes: i * 1000 } }),
    )
  }
  await Promise.all(appended)
}

/** A closed log of `count` entries. */
export async function logOf(count: number, place?: Place): Promise<Place> {
  const at = place ?? (await tempPlace())
  const ledger = await Ledger.open(at)
  await fill(ledger, count)
  await ledger.close()
  return at
}
