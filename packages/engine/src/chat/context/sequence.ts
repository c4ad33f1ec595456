import { type ChatWrapper, LlamaChat, type LlamaContext, type LlamaContextSequence, type Token } from 'node-llama-cpp'

/**
 * What node-llama-cpp does for its own decision contexts and keeps to itself: llama.cpp's copy of one sequence's keys and
 * values to another (`llama_memory_seq_cp`). True when the target then holds exactly the first `upToTokenIndex` tokens.
 */
interface CopyingSequence {
  _copyStateFromOtherSequence?(other: LlamaContextSequence, upToTokenIndex: number): Promise<boolean>
}

/** One slot: a sequence of the context, what is evaluated in it, and the chat that writes into it. */
export class SlotSequence {
  readonly chat: LlamaChat
  readonly #sequence: LlamaContextSequence
  #last: Promise<void> = Promise.resolve()
  /** When it was taken last, for whoever looks for the one that is missed least. */
  lastTaken = 0

  constructor(context: LlamaContext, chatWrapper: ChatWrapper) {
    this.#sequence = context.getSequence()
    this.chat = new LlamaChat({ contextSequence: this.#sequence, chatWrapper })
  }

  /** Runs `work` once whatever ran here before has ended, a cancelled completion's last batch for instance. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(work)
    this.#last = mine.then(
      () => undefined,
      () => undefined,
    )
    return mine
  }

  /** How many tokens from the beginning are evaluated here already. */
  held(tokens: readonly Token[]): number {
    return Math.min(this.#sequence.compareContextTokens(tokens as Token[]).firstDifferentIndex, tokens.length)
  }

  get outputTokens(): number {
    return this.#sequence.tokenMeter.usedOutputTokens
  }

  /** Forgets whatever is evaluated here beyond what it has in common with `tokens`. */
  async keepOnly(tokens: readonly Token[]): Promise<void> {
    await this.#sequence.adaptStateToTokens(tokens as Token[], false)
  }

  async evaluate(tokens: readonly Token[]): Promise<void> {
    await this.#sequence.evaluateWithoutGeneratingNewTokens(tokens as Token[])
  }

  /** Whether a state can be copied here at all: the library has to offer it, and the state to be keys and values alone. */
  get canCopy(): boolean {
    const sequence: CopyingSequence = this.#sequence as LlamaContextSequence & CopyingSequence
    return sequence._copyStateFromOtherSequence !== undefined && !this.#sequence.needsCheckpoints
  }

  /**
   * Takes over the first `count` tokens' evaluation from another slot. False where that cannot be, or where the other slot
   * moved meanwhile; this one is empty then.
   */
  async copyFrom(other: SlotSequence, count: number): Promise<boolean> {
    if (!this.canCopy) return false
    const sequence = this.#sequence as LlamaContextSequence & Required<CopyingSequence>
    await sequence.clearHistory()
    const isWhole = await sequence._copyStateFromOtherSequence(other.#sequence, count).catch(() => false)
    if (!isWhole) await sequence.clearHistory()
    return isWhole
  }
}
