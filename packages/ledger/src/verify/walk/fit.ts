import { sha256 } from '../../merkle/hash.ts'
import { TILE_WIDTH } from '../../merkle/tiles.ts'

/** The first of the items of a full file that does not belong where it lies; the one after them where all do. */
export function firstUnfit(items: readonly Buffer[], fits: (item: Buffer, i: number) => boolean): number {
  const at = items.findIndex((item, i) => !fits(item, i))
  return at >= 0 ? at : Math.min(items.length, TILE_WIDTH - 1)
}

/** Whether a record is the payload that a leaf names; an erased one (empty) counts as such. */
export function isPayloadOf(leaf: Buffer, record: Buffer): boolean {
  return record.length === 0 || leaf.includes(`"payload":"${sha256(record).toString('hex')}"`)
}
