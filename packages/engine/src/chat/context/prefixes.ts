import type { Token } from 'node-llama-cpp'
import type { SlotSequence } from './sequence.ts'

/** Below this, copying costs as much as evaluating. In tokens. */
const MIN_SHARED_TOKENS = 64
/** A slot that is writing may move while it is copied; then it is tried again. */
const COPY_TRIES = 4

/** What a slot that has to evaluate the beginning itself owes to those who wait for it. */
export interface Beginning {
  /** The first `count` tokens are evaluated: whoever waits is given them. The slot must not move until this resolves. */
  readonly done: () => Promise<void>
  /** Nothing more comes of it: those who still wait look for themselves. */
  readonly over: () => void
}

interface Waiter {
  readonly slot: SlotSequence
  readonly wake: () => void
}

const NOTHING_OWED: Beginning = { done: () => Promise.resolve(), over: () => undefined }

/**
 * The beginning that conversations have in common, the system prompt and the list of tools: evaluated once, and copied into
 * the other slots from there. Its tokens are its key, so that a new policy with other tools is a new beginning by itself.
 */
export class SharedPrefixes {
  readonly #slots: readonly SlotSequence[]
  readonly #evaluating = new Map<string, Waiter[]>()
  /** Beginnings copied from one slot to another so far. */
  copies = 0

  constructor(slots: readonly SlotSequence[]) {
    this.#slots = slots
  }

  /** Brings the first `count` tokens into `slot` where another one has them, or is about to; otherwise the slot evaluates them. */
  async bring(slot: SlotSequence, tokens: readonly Token[], count: number, signal: AbortSignal): Promise<Beginning> {
    if (count < MIN_SHARED_TOKENS) return NOTHING_OWED
    const prefix = tokens.slice(0, count)
    const key = prefix.join(' ')
    for (;;) {
      if (slot.held(prefix) === count || (await this.#copyFromAny(slot, prefix))) return NOTHING_OWED
      signal.throwIfAborted()
      const others = this.#evaluating.get(key)
      if (others === undefined) return this.#begin(slot, key, count)
      await waitAmong(others, slot, signal)
    }
  }

  #begin(slot: SlotSequence, key: string, count: number): Beginning {
    const waiters: Waiter[] = []
    this.#evaluating.set(key, waiters)
    const over = (): void => {
      if (this.#evaluating.get(key) === waiters) this.#evaluating.delete(key)
      for (const { wake } of waiters.splice(0)) wake()
    }
    return {
      over,
      done: async () => {
        for (const waiter of [...waiters]) if (await waiter.slot.copyFrom(slot, count)) this.copies++
        over()
      },
    }
  }

  async #copyFromAny(slot: SlotSequence, prefix: readonly Token[]): Promise<boolean> {
    for (let attempt = 0; attempt < COPY_TRIES; attempt++) {
      const source = this.#slots.find((other) => other !== slot && other.held(prefix) === prefix.length)
      if (source === undefined) return false
      if (await slot.copyFrom(source, prefix.length)) {
        this.copies++
        return true
      }
      if (!slot.canCopy) return false
    }
    return false
  }
}

/** Until somebody wakes it; a cancelled request leaves at once. */
async function waitAmong(waiters: Waiter[], slot: SlotSequence, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const waiter = { slot, wake: resolve }
    waiters.push(waiter)
    const leave = (): void => {
      const index = waiters.indexOf(waiter)
      if (index !== -1) waiters.splice(index, 1)
      resolve()
    }
    signal.addEventListener('abort', leave, { once: true })
  })
  signal.throwIfAborted()
}
