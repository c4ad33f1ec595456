import type { Duplex } from 'node:stream'
import type { ServerFrame } from '@castellan/contracts'
import type { WebSocket } from 'ws'

/** Above this many buffered bytes a client is paused. */
const PAUSE_BYTES = 1024 * 1024
/** At this many or fewer it goes on. */
const RESUME_BYTES = 256 * 1024

/**
 * Sends to one client, and holds at most about 1 MiB for it. A client that reads more slowly than a chat speaks is told
 * `backpressure_pause`; frames are then dropped and counted until it has caught up, and `backpressure_resume` says how many
 * are missing. The transcript has them.
 */
export class Outbox {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  #corked = false
  /** Frames dropped since the pause; null while nothing is dropped. */
  #dropped: number | null = null

  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket
    this.#stream = stream
  }

  send(frame: string): void {
    if (this.#dropped !== null) {
      this.#dropped += 1
      return
    }
    this.#write(frame)
    if (this.#socket.bufferedAmount > PAUSE_BYTES) {
      this.#dropped = 0
      this.#write(JSON.stringify({ type: 'backpressure_pause' } satisfies ServerFrame))
    }
  }

  #write(frame: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#gather()
    this.#socket.send(frame, () => this.#resumeWhenDrained())
  }

  #resumeWhenDrained(): void {
    if (this.#dropped === null || this.#socket.bufferedAmount > RESUME_BYTES) return
    const resume: ServerFrame = { type: 'backpressure_resume', dropped_frames: this.#dropped }
    this.#dropped = null
    this.#write(JSON.stringify(resume))
  }

  /** Frames of one moment leave in one write: it halves what an answer of two frames costs. */
  #gather(): void {
    if (this.#corked) return
    this.#corked = true
    this.#stream.cork()
    process.nextTick(() => {
      this.#corked = false
      this.#stream.uncork()
    })
  }
}
