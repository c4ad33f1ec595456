import { entryHash } from '../../entry/tombstone.ts'
import type { Frame } from '../../journal/frame.ts'
import { finishCheckpoint, looksProvisional } from '../../journal/provisional.ts'
import { textOf } from '../../merkle/text-hasher.ts'
import { openCheckpoint, parseCheckpoint } from '../../note/checkpoint.ts'
import type { Signer } from '../../note/keys.ts'
import type { FindingKind } from '../findings.ts'
import type { LogKeys } from '../log-keys.ts'
import type { TreeCheck } from '../tree.ts'

/** What is wrong with a frame; `altered` unless its kind is named. */
export interface Fault {
  readonly kind?: FindingKind
  readonly subject: 'entry' | 'checkpoint'
  readonly index: number
  readonly reason: string
}

export interface JudgedFrame {
  readonly fault: Fault | null
  /** Whether the key in force vouches for it; without, it waits for its signature and a later one has to. */
  readonly signed: boolean
  /** Its checkpoint, signed where that is so. */
  readonly checkpoint: Buffer
}

export interface FrameCheckParts {
  readonly origin: string
  readonly tree: TreeCheck
  readonly keys: LogKeys
  /** The log's signer where the key folder is at hand: it knows its own frames before they are signed. */
  readonly signer: Signer | null
}

/** Holds a frame that continues the tree to its own checkpoint. */
export function judgeFrame(frame: Frame, { origin, tree, keys, signer }: FrameCheckParts): JudgedFrame {
  const last = frame.first + frame.entries.length - 1
  const finished = signer === null ? null : finishCheckpoint(frame.checkpoint, frame.checkpointAt, signer)
  const signed = finished !== null || !looksProvisional(frame.checkpoint)
  const bytes = finished ?? frame.checkpoint
  const found = (fault: Fault | null): JudgedFrame => ({ fault, signed, checkpoint: bytes })
  try {
    const checkpoint = signed ? openCheckpoint(bytes, keys.after(frame)) : parseCheckpoint(bytes)
    if (checkpoint.origin === origin && checkpoint.size === last + 1) {
      const root = tree.rootAfter(frame.entries.map(({ leaf }) => textOf(entryHash(leaf))))
      if (checkpoint.root.equals(root)) return found(null)
      return found({ subject: 'entry', index: firstBroken(frame), reason: 'it is not the entry that was signed' })
    }
    return found({ subject: 'checkpoint', index: last, reason: 'its checkpoint is one of another tree' })
  } catch (error) {
    const stranger = keys.strangerOf(frame.checkpoint)
    if (stranger !== null) {
      const reason = `it is signed by ${stranger.vkey}, which no rotation of the log introduced`
      return found({ kind: 'foreign_key', subject: 'checkpoint', index: frame.first, reason })
    }
    const why = error instanceof Error ? error.message : String(error)
    return found({ subject: 'checkpoint', index: last, reason: `its checkpoint does not hold (${why})` })
  }
}

/** The first entry of a frame that the entry after it does not name as its predecessor; the last where all others fit. */
function firstBroken({ first, entries }: Frame): number {
  for (const [i, { leaf }] of entries.entries()) {
    const next = entries[i + 1]
    if (next === undefined || !next.leaf.includes(`"prev":"${entryHash(leaf).toString('hex')}"`)) return first + i
  }
  return first
}
