import type { LedgerEntry, LedgerEntryType, TokenMarks } from '@castellan/contracts'
import type { Recorder } from '../ledger/recorder.ts'

const PAGE = 1000

/** What the ledger knows of the gateway's tokens, which an older list of them would have forgotten. */
export async function tokenMarks(ledger: Recorder): Promise<TokenMarks> {
  const revoked = new Set<string>()
  for await (const token of tokensOf(ledger, 'token_revoked')) revoked.add(token)
  const rotations = new Map<string, number>()
  for await (const token of tokensOf(ledger, 'token_rotated')) rotations.set(token, (rotations.get(token) ?? 0) + 1)
  return { revoked: [...revoked], rotations: Object.fromEntries(rotations) }
}

async function* tokensOf(ledger: Recorder, type: LedgerEntryType): AsyncGenerator<string, void, void> {
  for (let before: number | undefined; ; ) {
    const { records, more } = await ledger.query({ type, limit: PAGE, ...(before === undefined ? {} : { before }) })
    for (const { entry } of records) if (isOfToken(entry)) yield entry.facts.token
    before = records.at(-1)?.entry.index
    if (!more || before === undefined) return
  }
}

function isOfToken(entry: LedgerEntry): entry is LedgerEntry & { facts: { token: string } } {
  return typeof entry.facts?.token === 'string'
}
