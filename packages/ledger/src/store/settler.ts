import type { LogState } from '../append/state.ts'
import { storedBytes } from '../journal/frame.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import { publishHead, removePartials, removeSegments, writeBundles } from './publisher.ts'

/** The background starts once this many entries wait, so that a burst is not slowed by it at once. */
const SETTLE_AT = 4 * TILE_WIDTH

/** How long readers of the published checkpoint may wait for the newest entries. */
const PUBLISH_AFTER_MS = 2000

/**
 * Moves entries from the journal to the tlog-tiles layout behind the writer's back. The journal alone is enough to
 * recover from, so a failure here (a full disk) is remembered and tried again, never passed to a caller of append.
 */
export class Settler {
  readonly #dir: string
  readonly #state: LogState
  #publishedSize: number | null
  #work: Promise<void> = Promise.resolve()
  #pending = false
  #timer: NodeJS.Timeout | undefined
  #failure: unknown

  /** `publishedSize` is the size in the checkpoint file, null where there is none. */
  constructor(dir: string, state: LogState, publishedSize: number | null) {
    this.#dir = dir
    this.#state = state
    this.#publishedSize = publishedSize
  }

  /** What last went wrong in the background, undefined once it went well again. */
  get failure(): unknown {
    return this.#failure
  }

  /** The state has grown: settle if much waits, publish soon. */
  nudge(): void {
    if (this.#state.tail.length >= SETTLE_AT && !this.#pending) {
      this.#pending = true
      void this.settle().catch(() => undefined)
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.publish().catch(() => undefined)
    }, PUBLISH_AFTER_MS).unref()
  }

  /** Writes all full bundles and removes the journal segments they make needless. */
  settle(): Promise<void> {
    return this.#enqueue(async () => {
      this.#pending = false
      await this.#writeBundles()
    })
  }

  /** Settles, then brings the partial tiles and the checkpoint file up to the newest entry. */
  publish(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#writeBundles()
      await this.#publish()
    })
  }

  /** Ends the background after its current work, and publishes a last time. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.publish()
  }

  /** Lets the current work end without starting more; for a log that can no longer be written. */
  async abandon(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#work.catch(() => undefined)
  }

  /** Runs `work` while no settling is under way. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    let result!: T
    return this.#enqueue(async () => {
      result = await work()
    }).then(() => result)
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const run = this.#work.catch(() => undefined).then(work)
    this.#work = run.then(
      () => {
        this.#failure = undefined
      },
      (error) => {
        this.#failure = error
      },
    )
    return run
  }

  async #writeBundles(): Promise<void> {
    const state = this.#state
    while (state.tail.length >= TILE_WIDTH) {
      const end = await writeBundles(this.#dir, state.edge, state.tailStart, state.tail)
      const settled = state.tail.splice(0, end - state.tailStart)
      state.tailStart = end
      state.tailBytes -= storedBytes(settled)
      await removeSegments(this.#dir, end)
    }
  }

  async #publish(): Promise<void> {
    const state = this.#state
    // Taken together before anything is awaited: the writer goes on meanwhile.
    const { checkpoint } = state
    const size = state.frontier.size
    if (size === this.#publishedSize) return
    const leaves = state.tail.slice(0, size - state.tailStart).map(({ leaf }) => leaf)
    if (leaves.length >= TILE_WIDTH) return this.#writeBundles().then(() => this.#publish())
    await publishHead(this.#dir, state.edge, size, leaves, checkpoint)
    await removePartials(this.#dir, this.#publishedSize ?? 0, size)
    this.#publishedSize = size
  }
}
