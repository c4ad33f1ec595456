import type { ServerFrame, Transcript } from '@castellan/contracts'

/** Most that one chat keeps in memory, in bytes of JSON. */
const TAIL_BYTES = 128 * 1024

interface Entry {
  readonly firstSeq: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly frame: ServerFrame
  /** For text: the deltas, one for each `seq` from `firstSeq` on. */
  readonly deltas: string[] | null
  bytes: number
}

/**
 * What a chat said last, in memory: whoever follows it live reads from here, and from the store what is older. Text deltas that
 * follow each other share an entry, and can still be asked for from any of them on.
 */
export class Tail {
  readonly #entries: Entry[] = []
  readonly #maxBytes: number
  #bytes = 0
  #lastSeq: number

  /** `lastSeq`: the newest number of what was said before. */
  constructor(lastSeq = 0, maxBytes = TAIL_BYTES) {
    this.#lastSeq = lastSeq
    this.#maxBytes = maxBytes
  }

  /** The number the next frame will get. */
  get nextSeq(): number {
    return this.#lastSeq + 1
  }

  /** Keeps a frame that carries `nextSeq`. `bytes` is the length of its JSON. */
  append(frame: ServerFrame, bytes: number): void {
    const seq = this.nextSeq
    const previous = this.#entries.at(-1)
    if (frame.type === 'text' && previous?.deltas) {
      previous.deltas.push(frame.text)
      previous.bytes += bytes
    } else {
      const deltas = frame.type === 'text' ? [frame.text] : null
      this.#entries.push({ firstSeq: seq, at: Date.now(), frame, deltas, bytes })
    }
    this.#lastSeq = seq
    this.#bytes += bytes
    this.#forget()
  }

  /** Everything after `seq`, oldest first; `forgotten` counts what is not here any more. */
  after(seq: number): Pick<Transcript, 'last_seq' | 'forgotten' | 'entries'> {
    const entries = []
    for (const [position, entry] of this.#entries.entries()) {
      const lastSeq = (this.#entries[position + 1]?.firstSeq ?? this.nextSeq) - 1
      if (lastSeq > seq) entries.push({ at: new Date(entry.at).toISOString(), frame: remainder(entry, seq, lastSeq) })
    }
    const oldest = this.#entries[0]?.firstSeq ?? this.nextSeq
    return { last_seq: this.#lastSeq, forgotten: Math.max(0, oldest - 1 - seq), entries }
  }

  /** Lets go of the oldest quarter at a time, as moving the rest up costs; the newest entry stays, however large. */
  #forget(): void {
    if (this.#bytes <= this.#maxBytes) return
    let count = 0
    while (this.#bytes > this.#maxBytes * 0.75 && count < this.#entries.length - 1) {
      this.#bytes -= this.#entries[count]?.bytes ?? 0
      count += 1
    }
    this.#entries.splice(0, count)
  }
}

function remainder(entry: Entry, after: number, lastSeq: number): ServerFrame {
  if (entry.deltas === null || entry.frame.type !== 'text') return entry.frame
  const unseen = entry.deltas.slice(Math.max(0, after + 1 - entry.firstSeq))
  return { ...entry.frame, text: unseen.join(''), seq: lastSeq }
}
