import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, createClient } from '@castellan/client-sdk'
import { WebSocket } from 'ws'

/** What must not be, counted. */
export interface Faults {
  lost: number
  doubled: number
  dishonest: number
  /** Refusals by their code. */
  readonly refused: Map<string, number>
}

/** What happened, counted. */
export interface Tally {
  frames: number
  turns: number
  requests: number
  cuts: number
  pauses: number
  dropped: number
}

export interface SoakClient {
  readonly url: string
  readonly token: string
  readonly chat: string
  readonly over: AbortSignal
  readonly faults: Faults
  readonly tally: Tally
}

/** What the model says in each turn, in so many pieces: long ones, so that who does not read falls behind soon. */
export const WORDS: readonly string[] = Array.from({ length: 40 }, (_, place) => `${place}:${'x'.repeat(1500)} `)

const PAUSE_BETWEEN_TURNS_MS = 1_000
/** How long a slow client does not read. */
const DEAF_MS = 20_000

/**
 * Talks in a chat of its own through the SDK, and looks at every number: each frame once, none left out, and words as the
 * model said them. `leaves` begins anew now and then, as a page that is loaded again, going on after the last number it knows.
 */
export async function keepUp(client: SoakClient, leaves: boolean): Promise<void> {
  const { chat, over, faults, tally } = client
  while (!over.aborted) {
    const castellan = createClient(client)
    const visit = leaves ? AbortSignal.any([over, AbortSignal.timeout(5_000)]) : over
    try {
      while (!visit.aborted) {
        let words = ''
        let last = 0
        for await (const frame of castellan.chat(chat).ask('count', { signal: visit })) {
          tally.frames += 1
          const seq = 'seq' in frame ? (frame.seq ?? 0) : 0
          if (seq > 0 && seq <= last) faults.doubled += 1
          last = Math.max(last, seq)
          if (frame.type === 'text') words += frame.text
          if (frame.type === 'gap') faults.lost += 1
        }
        if (words !== WORDS.join('')) faults.lost += 1
        tally.turns += 1
        await sleep(PAUSE_BETWEEN_TURNS_MS, undefined, { signal: visit })
      }
    } catch (error) {
      if (!visit.aborted) note(error, faults)
      tally.cuts += leaves ? 1 : 0
      // What was stopped in the middle ends before the next visit speaks.
      if (!over.aborted) await sleep(500)
    }
  }
}

/** Hears everything on a bare socket, and now and then does not read for a while; then counts what it was told it missed. */
export async function lag(client: SoakClient): Promise<void> {
  const { url, token, over, faults, tally } = client
  while (!over.aborted) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, ['castellan.v1'], {
      headers: { authorization: `Bearer ${token}` },
    })
    /** Last number of each chat, and how many numbers were left out since the last marker. */
    const seen = new Map<string, number>()
    let holes = 0
    socket.on('message', (data) => {
      tally.frames += 1
      const frame = JSON.parse(data.toString()) as {
        type: string
        chat_id?: string
        seq?: number
        dropped_frames?: number
      }
      if (frame.type === 'backpressure_pause') tally.pauses += 1
      if (frame.type === 'backpressure_resume') {
        tally.dropped += frame.dropped_frames ?? 0
        holes += frame.dropped_frames ?? 0
      }
      if (frame.seq === undefined || frame.chat_id === undefined) return
      const last = seen.get(frame.chat_id)
      if (last !== undefined && frame.seq <= last) faults.doubled += 1
      // Holes have to fit into what the markers told; more is a gap that was kept quiet.
      if (last !== undefined) holes -= Math.max(0, frame.seq - last - 1)
      if (holes < 0) {
        faults.dishonest += 1
        holes = 0
      }
      seen.set(frame.chat_id, Math.max(last ?? 0, frame.seq))
    })
    try {
      await once(socket, 'open', { signal: over })
      while (!over.aborted && socket.readyState === socket.OPEN) {
        await sleep(DEAF_MS, undefined, { signal: over })
        socket.pause()
        await sleep(DEAF_MS, undefined, { signal: over })
        socket.resume()
      }
    } catch (error) {
      if (!over.aborted) note(error, faults)
    }
    socket.terminate()
    if (!over.aborted) await sleep(500)
  }
}

/** Asks for whatever a program asks for, one after the other. */
export async function useRest(client: SoakClient): Promise<void> {
  const { over, faults, tally } = client
  const castellan = createClient(client)
  const options = { signal: over }
  const asks = [
    () => castellan.getHealth({}, options),
    () => castellan.listTools({ query: { limit: 20 } }, options),
    () => castellan.listLedgerEntries({ query: { limit: 10 } }, options),
    () => castellan.listChats({}, options),
    () => castellan.listApprovals({}, options),
    () => castellan.createCall({ body: { tool: 'disk_usage' } }, options),
    () => castellan.getLedgerHead({}, options),
  ]
  for (let turn = 0; !over.aborted; turn++) {
    try {
      await asks[turn % asks.length]?.()
      tally.requests += 1
      await sleep(200, undefined, { signal: over })
    } catch (error) {
      if (!over.aborted) note(error, faults)
    }
  }
}

function note(error: unknown, { refused }: Faults): void {
  const code = error instanceof CastellanError ? error.code : (error as Error).message
  refused.set(code, (refused.get(code) ?? 0) + 1)
}
