import type { Transcript } from '@castellan/contracts'

type Entries = Transcript['entries']

/** What of a transcript can be shown on its own, and where it begins. */
export interface WholeTurns {
  readonly entries: Entries
  /** Frames before it that are left for later. */
  readonly left: number
  /** Number of the first frame that is shown; undefined where there is none. */
  readonly first: number | undefined
}

/**
 * A piece of a transcript from its first whole turn on: what is cut in the middle of one waits for the rest of it, so that calls, their
 * questions and their ends come together. A turn that is longer than the piece is shown as it is.
 */
export function wholeTurns({ entries, forgotten }: Pick<Transcript, 'entries' | 'forgotten'>): WholeTurns {
  const begin =
    forgotten === 0
      ? 0
      : Math.max(
          0,
          entries.findIndex((_, position) => beginsTurn(entries, position)),
        )
  return { entries: entries.slice(begin), left: forgotten === 0 ? 0 : forgotten + begin, first: seqOf(entries[begin]) }
}

/** What is asked while a turn runs is answered with the very next frame, and begins none. */
function beginsTurn(entries: Entries, position: number): boolean {
  if (entries[position]?.frame.type !== 'asked') return false
  const next = entries[position + 1]?.frame
  return !(next?.type === 'text' && next.aside === true)
}

function seqOf(entry: Entries[number] | undefined): number | undefined {
  return entry !== undefined && 'seq' in entry.frame ? entry.frame.seq : undefined
}
