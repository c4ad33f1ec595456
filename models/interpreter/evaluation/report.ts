import type { Verdict } from './judge.ts'

/** A share with its 95 % confidence interval (Wilson score, E. B. Wilson 1927). */
export interface Share {
  readonly hits: number
  readonly of: number
  readonly share: number
  readonly low: number
  readonly high: number
}

export interface Figures {
  readonly requests: number
  /** Of the requests some tool serves. */
  readonly rightTool: Share
  readonly exactCall: Share
  readonly rightInThree: Share
  /** Of all requests: acted without asking, on a wrong reading. */
  readonly wronglyActed: Share
  /** Of the requests some tool serves: acted at once. */
  readonly actedAtOnce: Share
  /** Of the requests no tool serves: nothing was called. */
  readonly nothingCalled: Share
  readonly milliseconds: { readonly p50: number; readonly p95: number }
  readonly tools: readonly { readonly tool: string; readonly rightTool: Share; readonly exactCall: Share }[]
}

export function report(verdicts: readonly Verdict[]): Figures {
  const served = verdicts.filter(({ expected }) => expected !== null)
  const unserved = verdicts.filter(({ expected }) => expected === null)
  const names = [...new Set(served.map(({ expected }) => expected as string))]
  const times = verdicts.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  return {
    requests: verdicts.length,
    rightTool: share(served, ({ rightTool }) => rightTool),
    exactCall: share(served, ({ exact }) => exact),
    rightInThree: share(served, ({ inThree }) => inThree),
    wronglyActed: share(verdicts, ({ wronglyActed }) => wronglyActed),
    actedAtOnce: share(served, ({ acted }) => acted),
    nothingCalled: share(unserved, ({ acted }) => !acted),
    milliseconds: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
    tools: names
      .map((tool) => {
        const own = served.filter(({ expected }) => expected === tool)
        return { tool, rightTool: share(own, (one) => one.rightTool), exactCall: share(own, (one) => one.exact) }
      })
      .sort((a, b) => a.exactCall.share - b.exactCall.share),
  }
}

export function printReport(figures: Figures): void {
  const line = (label: string, value: Share): string =>
    `${label.padEnd(42)} ${percent(value.share)}  [${percent(value.low)}, ${percent(value.high)}]  ${value.hits}/${value.of}`
  const { p50, p95 } = figures.milliseconds
  console.log(
    [
      `${figures.requests} held-out requests`,
      line('right tool first', figures.rightTool),
      line('right tool among three', figures.rightInThree),
      line('exact call', figures.exactCall),
      line('acted at once', figures.actedAtOnce),
      line('acted on a wrong reading, of all', figures.wronglyActed),
      line('nothing called where no tool serves', figures.nothingCalled),
      `time a request                             p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms (with the ranking)`,
      'worst tools by exact call:',
      ...figures.tools.slice(0, 6).map(({ tool, exactCall }) => `  ${line(tool, exactCall)}`),
    ].join('\n'),
  )
}

function share(verdicts: readonly Verdict[], hit: (verdict: Verdict) => boolean): Share {
  const of = verdicts.length
  const hits = verdicts.filter(hit).length
  if (of === 0) return { hits, of, share: 0, low: 0, high: 0 }
  const z = 1.96
  const p = hits / of
  const centre = (p + z ** 2 / (2 * of)) / (1 + z ** 2 / of)
  const spread = (z / (1 + z ** 2 / of)) * Math.sqrt((p * (1 - p)) / of + z ** 2 / (4 * of ** 2))
  return { hits, of, share: p, low: Math.max(0, centre - spread), high: Math.min(1, centre + spread) }
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`.padStart(7)
}
