import type { ChatWrapper, LlamaContext, Token } from 'node-llama-cpp'
import { EngineError } from '../../error.ts'
import { SharedPrefixes } from './prefixes.ts'
import { SlotSequence } from './sequence.ts'
import { chooseStep, stepsOf } from './steps.ts'

/** A prompt as it will be evaluated. */
export interface PromptTokens {
  readonly tokens: readonly Token[]
  /** How many of them, from the beginning, other conversations have as well: system prompt and tools. */
  readonly sharedTokens: number
}

export interface SlotTotals {
  promptTokens: number
  reusedTokens: number
  copies: number
}

/** The sequences of a model's context, one for each completion that can run at once. */
export class ContextSlots {
  readonly #free: Set<SlotSequence>
  readonly #prefixes: SharedPrefixes
  readonly #step: number
  readonly #totals = { promptTokens: 0, reusedTokens: 0 }
  #taken = 0

  private constructor(slots: readonly SlotSequence[], step: number) {
    this.#free = new Set(slots)
    this.#prefixes = new SharedPrefixes(slots)
    this.#step = step
  }

  /** Makes the slots of a context, and tries how quick it is with some tokens of `sample`. */
  static async open(context: LlamaContext, wrapper: ChatWrapper, sample: readonly Token[]): Promise<ContextSlots> {
    const slots = Array.from({ length: context.totalSequences }, () => new SlotSequence(context, wrapper))
    return new ContextSlots(slots, await trySpeed(slots[0] as SlotSequence, sample))
  }

  get totals(): SlotTotals {
    return { ...this.#totals, copies: this.#prefixes.copies }
  }

  /**
   * Runs `use` with a slot in which the prompt is evaluated but for its last token, which generating begins with. Rejects with
   * the signal's reason at once, and the slot can be taken again; what llama.cpp computes at that moment, one batch at most,
   * it brings to an end first.
   */
  async use<Result>(
    prompt: PromptTokens,
    signal: AbortSignal,
    onProgress: () => void,
    use: (slot: SlotSequence, reusedTokens: number) => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted()
    const slot = this.#take(prompt)
    const work = slot.inTurn(async () => {
      const reused = await this.#prepare(slot, prompt, signal, onProgress)
      this.#totals.promptTokens += prompt.tokens.length
      this.#totals.reusedTokens += reused
      return await use(slot, reused)
    })
    const cancelled = Promise.withResolvers<never>()
    const cancel = (): void => cancelled.reject(signal.reason)
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return await Promise.race([work, cancelled.promise])
    } finally {
      signal.removeEventListener('abort', cancel)
      this.#free.add(slot)
    }
  }

  /** The one that holds most of this conversation; where none holds any of it, the one that was used least recently. */
  #take({ tokens, sharedTokens }: PromptTokens): SlotSequence {
    const byUse = [...this.#free].sort((a, b) => a.lastTaken - b.lastTaken)
    const own = byUse
      .map((slot) => ({ slot, held: slot.held(tokens) }))
      .filter(({ held }) => held > sharedTokens)
      .sort((a, b) => b.held - a.held)[0]?.slot
    const slot = own ?? byUse[0]
    if (slot === undefined) throw new EngineError('busy', 'Every slot of the model is taken. Try again.')
    slot.lastTaken = ++this.#taken
    this.#free.delete(slot)
    return slot
  }

  /** Returns how many tokens needed no evaluation. */
  async #prepare(
    slot: SlotSequence,
    { tokens, sharedTokens }: PromptTokens,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<number> {
    const evaluated = tokens.slice(0, -1)
    const shared = Math.min(sharedTokens, evaluated.length)
    const beginning = await this.#prefixes.bring(slot, evaluated, shared, signal)
    try {
      await slot.keepOnly(evaluated)
      const reused = slot.held(evaluated)
      if (reused < shared) {
        await this.#evaluate(slot, evaluated, reused, shared, signal, onProgress)
        await beginning.done()
      }
      await this.#evaluate(slot, evaluated, Math.max(reused, shared), evaluated.length, signal, onProgress)
      signal.throwIfAborted()
      return reused
    } finally {
      beginning.over()
    }
  }

  async #evaluate(
    slot: SlotSequence,
    tokens: readonly Token[],
    from: number,
    to: number,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<void> {
    for (const { start, end } of stepsOf(from, to, this.#step)) {
      signal.throwIfAborted()
      await slot.evaluate(tokens.slice(start, end))
      onProgress()
    }
  }
}

/** The second try counts: the first one brings the weights into memory. */
async function trySpeed(slot: SlotSequence, sample: readonly Token[]): Promise<number> {
  let milliseconds = 0
  for (let round = 0; round < 2; round++) {
    await slot.keepOnly([])
    const started = performance.now()
    await slot.evaluate(sample)
    milliseconds = performance.now() - started
  }
  await slot.keepOnly([])
  return chooseStep(sample.length, milliseconds)
}
