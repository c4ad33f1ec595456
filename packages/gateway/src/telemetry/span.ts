import type { TraceContext } from './trace-context.ts'

/** Kinds as OTLP numbers them. */
export const KIND = { internal: 1, server: 2, client: 3 } as const

/** What is said about a span: names and numbers of ours, never anything that somebody sent. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>

/** A span that has ended. Times are nanoseconds since 1970. */
export interface EndedSpan {
  readonly context: TraceContext
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: (typeof KIND)[keyof typeof KIND]
  readonly start: bigint
  readonly end: bigint
  readonly facts: SpanFacts
  readonly failed: boolean
  /** Whose time it was. */
  readonly service: Service
}

export type Service = 'castellan-gateway' | 'castellan-agentd'

/** A span as OTLP/JSON has it (opentelemetry-proto 1.x, trace.proto; ids in hex, 64-bit numbers in strings). */
export function toOtlp({ context, parentSpanId, name, kind, start, end, facts, failed }: EndedSpan): object {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    ...{ name, kind, startTimeUnixNano: String(start), endTimeUnixNano: String(end) },
    attributes: attributes(facts),
    status: { code: failed ? 2 : 0 },
  }
}

export function attributes(facts: SpanFacts): object[] {
  return Object.entries(facts).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: string | number | boolean): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value }
    case 'boolean':
      return { boolValue: value }
    default:
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  }
}
