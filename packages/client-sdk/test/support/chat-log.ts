import type { ServerFrame } from '@castellan/contracts'
import type { Asked, ScriptedGateway } from './gateway.ts'

/** A chat as the gateway keeps it: every frame with its number, text deltas joined where the transcript is asked. */
export class ChatLog {
  readonly frames: (ServerFrame & { seq: number })[] = []
  readonly #gateway: ScriptedGateway

  constructor(gateway: ScriptedGateway) {
    this.#gateway = gateway
    gateway.answer = (asked) => ({ json: this.#answer(asked) })
  }

  /** Says it on every socket; `heard: false` is what a paused client misses. */
  say(frame: ServerFrame, heard = true): void {
    const numbered = { ...frame, chat_id: 'main', seq: this.frames.length + 1 } as ServerFrame & { seq: number }
    this.frames.push(numbered)
    if (heard) this.#gateway.tell(numbered)
  }

  #answer({ method, url, body }: Asked): unknown {
    if (method === 'POST' && url.pathname.endsWith('/messages')) {
      this.say({ type: 'asked', text: JSON.parse(body).text })
      return { chat_id: 'main', seq: this.frames.length }
    }
    if (url.pathname.endsWith('/abort')) return { aborted: true }
    const { after, limit, keep } = Object.fromEntries(url.searchParams)
    const entries: { at: string; frame: ServerFrame & { seq: number } }[] = []
    for (const frame of this.frames.slice(Number(after))) {
      const last = entries.at(-1)?.frame
      if (frame.type === 'text' && last?.type === 'text') {
        entries[entries.length - 1] = { at: '', frame: { ...frame, text: last.text + frame.text } }
      } else {
        entries.push({ at: '', frame })
      }
    }
    const most = Number(limit)
    const shown = keep === 'oldest' ? entries.slice(0, most) : entries.slice(-most)
    const more = keep === 'oldest' && shown.length < entries.length
    return { chat_id: 'main', running: false, last_seq: this.frames.length, forgotten: 0, more, entries: shown }
  }
}
