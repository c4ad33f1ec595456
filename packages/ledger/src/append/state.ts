import type { StoredEntry } from '../journal/frame.ts'
import type { TileEdge } from '../merkle/edge.ts'
import type { Frontier } from '../merkle/frontier.ts'

/** Everything a writer knows about its log. Changed only after a batch is durable. */
export interface LogState {
  frontier: Frontier
  readonly edge: TileEdge
  /** Leaf hash of the newest entry, or the genesis hash. */
  prev: Buffer
  /** Time of the newest entry, ms. */
  lastTime: number
  /** Intents that no entry has closed. */
  readonly open: Set<number>
  /** Entries that are not yet in full bundles on disk; the first has index `tailStart`. */
  tail: StoredEntry[]
  tailStart: number
  /** Bytes that `tail` holds. */
  tailBytes: number
  /** The newest durable checkpoint. */
  checkpoint: string
}
