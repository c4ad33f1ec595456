import { Session } from 'node:inspector'

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly Range[] }[]
  }[]
}

/** Which blocks of the sources under `folder` ran, as V8 counts them. */
export class BlockCoverage {
  readonly #session = new Session()
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Blocks that ran since the last time it was asked, with how often, in powers of two: a loop that ran longer is news. */
  take(): string[] {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Coverage
    const blocks: string[] = []
    for (const { url, functions } of result) {
      if (!url.includes(this.#folder)) continue
      const file = url.slice(url.lastIndexOf('/'))
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) blocks.push(`${file}:${startOffset}-${endOffset}*${Math.ceil(Math.log2(count + 1))}`)
        }
      }
    }
    return blocks
  }

  close(): void {
    this.#post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  #post(method: string, params: object = {}): unknown {
    let answer: unknown
    let failure: Error | null = null
    // Within one thread the answer is there before post returns.
    ;(this.#session.post as (m: string, p: object, done: (error: Error | null, result: unknown) => void) => void).call(
      this.#session,
      method,
      params,
      (error, result) => {
        failure = error
        answer = result
      },
    )
    if (failure !== null) throw failure
    return answer
  }
}
