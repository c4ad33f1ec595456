import { once } from 'node:events'
import { type ClientFrame, ServerFrame } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { RunningCastellan } from './castellan.ts'

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>
/** What is sent may be wrong on purpose, so ids are plain text here. */
type Sent = { readonly type: ClientFrame['type'] } & Readonly<Record<string, unknown>>

export interface Chat {
  /** Every frame so far; each has been checked against the contract. */
  readonly frames: ServerFrame[]
  send(frame: Sent): void
  /** Waits for the next frame of a type, counted from the last one that was waited for. */
  next<Type extends ServerFrame['type']>(type: Type, timeoutMs?: number): Promise<FrameOf<Type>>
}

/** Opens the chat socket with the owner's token, as any WebSocket client would. */
export async function openChat({ instance, token }: Pick<RunningCastellan, 'instance' | 'token'>): Promise<Chat> {
  const socket = new WebSocket(`${instance.url.replace('http', 'ws')}/ws`, {
    headers: { authorization: `Bearer ${token}` },
  })
  onTestFinished(() => socket.terminate())
  return chatOn(socket)
}

/** What is said on a socket, from when it opens. Rejects where it does not. */
export async function chatOn(socket: WebSocket): Promise<Chat> {
  const frames: ServerFrame[] = []
  let position = 0
  socket.on('message', (data) => frames.push(ServerFrame.parse(JSON.parse(String(data)))))
  await once(socket, 'open')
  return {
    frames,
    send: (frame) => socket.send(JSON.stringify(frame)),
    next: async <Type extends ServerFrame['type']>(type: Type, timeoutMs = 60_000) => {
      const find = () => 1 + frames.findIndex((frame, at) => at >= position && frame.type === type)
      const index = await until(`a frame ${type}`, find, timeoutMs).catch((error: Error) => {
        throw new Error(`${error.message}; there were ${JSON.stringify(frames.slice(position))}`)
      })
      position = index
      return frames[index - 1] as FrameOf<Type>
    },
  }
}
