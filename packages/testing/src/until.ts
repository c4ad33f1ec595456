import { setTimeout as delay } from 'node:timers/promises'

type Truthy<Value> = Exclude<Value, undefined | null | false | 0 | ''>

/** Waits until a condition is truthy, by asking every 10 ms, at most `timeoutMs` (a minute without it). Gives back what it became. */
export async function until<Value>(
  what: string,
  condition: () => Value | Promise<Value>,
  timeoutMs = 60_000,
): Promise<Truthy<Value>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value) return value as Truthy<Value>
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`)
    await delay(10)
  }
}
