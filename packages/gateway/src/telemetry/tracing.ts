import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance } from 'fastify'
import type { Exporter } from './exporter.ts'
import { KIND, type Service, type SpanFacts } from './span.ts'
import { childOf, readTraceparent, type TraceContext, traceparentOf } from './trace-context.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's span; null where nothing is traced. */
    trace: TraceContext | null
    /** Ends it with a status, for whoever takes the connection away from HTTP; otherwise it ends with the answer. */
    traceEnd: ((status: number) => void) | null
  }
}

/** Where spans come from. Off, everything here does nothing. */
export interface Tracing {
  /** The `traceparent` of what runs now, for whoever it asks. */
  readonly traceparent: () => string | undefined
  /** Runs a task as a span within what runs now. It failed where it threw. */
  span<T>(name: string, facts: SpanFacts, task: () => Promise<T>): Promise<T>
  /** A span within what runs now that has just ended elsewhere, as agentd tells of a tool. */
  ended(name: string, facts: SpanFacts, about: { readonly ms: number; readonly failed: boolean }): void
  /** Runs a task within a span of before, one that a socket was opened in perhaps. */
  within<T>(context: TraceContext | null, task: () => T): T
}

export const NO_TRACING: Tracing = {
  traceparent: () => undefined,
  span: (_name, _facts, task) => task(),
  ended: () => undefined,
  within: (_context, task) => task(),
}

/** Spans of what the gateway does, sent where the owner said. */
export class Spans implements Tracing {
  readonly #exporter: Exporter
  readonly #sampleRatio: number
  readonly #current = new AsyncLocalStorage<TraceContext>()

  constructor(exporter: Exporter, sampleRatio: number) {
    this.#exporter = exporter
    this.#sampleRatio = sampleRatio
  }

  readonly traceparent = (): string | undefined => {
    const context = this.#current.getStore()
    return context === undefined ? undefined : traceparentOf(context)
  }

  async span<T>(name: string, facts: SpanFacts, task: () => Promise<T>): Promise<T> {
    const parent = this.#current.getStore()
    const context = childOf(parent, this.#sampleRatio)
    const start = nanoseconds()
    let failed = true
    try {
      const result = await this.#current.run(context, task)
      failed = false
      return result
    } finally {
      this.#end({ context, parent, name, kind: KIND.internal, start, facts, failed })
    }
  }

  ended(name: string, facts: SpanFacts, { ms, failed }: { readonly ms: number; readonly failed: boolean }): void {
    const parent = this.#current.getStore()
    const context = childOf(parent, this.#sampleRatio)
    const start = nanoseconds() - BigInt(Math.round(ms * 1e6))
    this.#end({ context, parent, name, kind: KIND.server, start, facts, failed }, 'castellan-agentd')
  }

  within<T>(context: TraceContext | null, task: () => T): T {
    return context === null ? task() : this.#current.run(context, task)
  }

  /** A span for each request, within the one that its `traceparent` names. Add it before every other hook. */
  addTo(app: FastifyInstance): void {
    app.addHook('onRequest', (request, reply, done) => {
      const parent = readTraceparent(request.headers.traceparent)
      const context = childOf(parent, this.#sampleRatio)
      request.trace = context
      const start = nanoseconds()
      const end = (status: number): void => {
        request.traceEnd = null
        const { operation } = request.routeOptions.config
        const route = request.routeOptions.url ?? 'none'
        const facts = {
          'http.request.method': request.method,
          'http.route': route,
          'http.response.status_code': status,
          ...(operation === undefined ? {} : { 'castellan.operation': operation.id }),
        }
        const name = `${request.method} ${route}`
        this.#end({ context, parent, name, kind: KIND.server, start, facts, failed: status >= 500 })
      }
      request.traceEnd = end
      reply.raw.once('close', () => request.traceEnd?.(reply.raw.statusCode))
      this.#current.run(context, done)
    })
  }

  #end(
    span: {
      context: TraceContext
      parent: TraceContext | undefined
      name: string
      kind: (typeof KIND)[keyof typeof KIND]
      start: bigint
      facts: SpanFacts
      failed: boolean
    },
    service: Service = 'castellan-gateway',
  ): void {
    if (!span.context.sampled) return
    const { parent, ...rest } = span
    this.#exporter.add({ ...rest, parentSpanId: parent?.spanId, end: nanoseconds(), service })
  }
}

function nanoseconds(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n
}
