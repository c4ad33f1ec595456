import { emitKeypressEvents } from 'node:readline'
import type { ReadStream } from 'node:tty'

/** Waits for one of these keys on a terminal; Ctrl-C answers `undefined`, as does `signal`. */
export async function pressedKey(
  input: ReadStream,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (signal.aborted) return undefined
  emitKeypressEvents(input)
  const wasRaw = input.isRaw
  input.setRawMode(true)
  input.resume()
  try {
    return await new Promise((resolve) => {
      const listen = (_text: string | undefined, key: { name?: string; ctrl?: boolean }) => {
        const interrupted = key.ctrl === true && key.name === 'c'
        if (!interrupted && !keys.includes(key.name ?? '')) return
        finish(interrupted ? undefined : key.name)
      }
      const finish = (answer: string | undefined) => {
        input.off('keypress', listen)
        signal.removeEventListener('abort', onAbort)
        resolve(answer)
      }
      const onAbort = () => finish(undefined)
      input.on('keypress', listen)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  } finally {
    input.setRawMode(wasRaw)
  }
}
