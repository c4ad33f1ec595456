import { LedgerEntry } from '@castellan/contracts'
import { z } from 'zod'
import { encodeLeaf } from '../entry/leaf.ts'
import { isTombstone, tombstone } from '../entry/tombstone.ts'
import { LedgerError } from '../error.ts'
import type { StoredEntry } from '../journal/frame.ts'
import { decodeBase64 } from '../note/base64.ts'

/**
 * An export is NDJSON: a head, one line an entry, an end. Entries are plain JSON (their canonical form is the leaf);
 * payloads stay sealed, so that an export may travel; the payload key travels apart.
 */
export const ExportHead = z.strictObject({
  castellan_ledger_export: z.literal(1),
  origin: z.string(),
  /** All keys of the log, oldest first. */
  vkeys: z.array(z.string()).min(1),
})
export type ExportHead = z.infer<typeof ExportHead>

const ExportEntry = z.strictObject({
  entry: LedgerEntry.optional(),
  /** Leaf hash of an entry that was lost to damage, base64. */
  lost: z.base64().optional(),
  /** Encrypted payload record; absent where there is none or it was erased. */
  payload: z.base64().optional(),
})

export const ExportEnd = z.strictObject({
  end: z.int().min(0),
  /** The signed checkpoint of exactly these entries. */
  checkpoint: z.string(),
})
export type ExportEnd = z.infer<typeof ExportEnd>

export function formatEntry({ leaf, payload }: StoredEntry): string {
  const sealed = payload.length === 0 ? '' : `,"payload":"${payload.toString('base64')}"`
  if (isTombstone(leaf)) return `{"lost":"${leaf.subarray(1).toString('base64')}"${sealed}}`
  // The leaf is canonical JSON already: it goes in as it is, byte for byte.
  return `{"entry":${leaf.toString()}${sealed}}`
}

export function parseEntry(line: string, index: number): StoredEntry {
  const parsed = ExportEntry.safeParse(parseJson(line, index))
  const payload = decodeBase64(parsed.data?.payload ?? '')
  const lost = decodeBase64(parsed.data?.lost ?? '')
  if (
    !parsed.success ||
    payload === null ||
    lost === null ||
    (parsed.data.entry === undefined) === (parsed.data.lost === undefined)
  ) {
    throw new LedgerError('ledger_damaged', `The line of entry ${index} in the export is malformed.`, {
      detail: { index, finding: `Line ${index + 2} of the export is malformed.` },
    })
  }
  return { leaf: parsed.data.entry === undefined ? tombstone(lost) : encodeLeaf(parsed.data.entry), payload }
}

export function parseJson(line: string, index: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new LedgerError('ledger_damaged', `The export is not JSON at entry ${index}.`, {
      detail: { index, finding: `The export is not JSON at entry ${index}.` },
    })
  }
}
