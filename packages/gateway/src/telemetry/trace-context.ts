import { randomBytes } from 'node:crypto'

/** Where a span is in its trace (W3C Trace Context, level 1). */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  /** Whether somebody is to keep it. */
  readonly sampled: boolean
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent` header; undefined for anything that is none, which is then as good as absent. */
export function readTraceparent(header: unknown): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] =
    FORM.exec(typeof header === 'string' ? header : '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

/** A span within another, or the first of a new trace. */
export function childOf(parent: TraceContext | undefined, sampleRatio: number): TraceContext {
  const spanId = randomBytes(8).toString('hex')
  if (parent !== undefined) return { ...parent, spanId }
  return { traceId: randomBytes(16).toString('hex'), spanId, sampled: Math.random() < sampleRatio }
}
