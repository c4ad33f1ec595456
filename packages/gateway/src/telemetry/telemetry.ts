import type { Log } from '@castellan/daemon'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../agentd.ts'
import { readCollector } from './collector.ts'
import { Exporter } from './exporter.ts'
import { addMetrics, type Gauges } from './metrics.ts'
import { NO_TRACING, Spans, type Tracing } from './tracing.ts'

export interface TelemetryConfig {
  readonly metrics: { readonly enabled: boolean }
  readonly tracing: { readonly collector?: string | undefined; readonly sampleRatio: number }
}

/** Metrics and traces, both off unless configured; off, they load nothing and cost nothing. */
export class Telemetry {
  readonly tracing: Tracing
  readonly #metrics: boolean
  readonly #spans: Spans | undefined
  readonly #exporter: Exporter | undefined

  constructor({ metrics, tracing }: TelemetryConfig, log: Log) {
    this.#metrics = metrics.enabled
    const place = tracing.collector === undefined ? undefined : readCollector(tracing.collector)
    this.#exporter = place === undefined ? undefined : new Exporter(place.to, place.path, log)
    this.#spans = this.#exporter === undefined ? undefined : new Spans(this.#exporter, tracing.sampleRatio)
    this.tracing = this.#spans ?? NO_TRACING
  }

  /** Before every other hook, so that what they refuse is seen too. */
  async addTo(app: FastifyInstance, agentd: Agentd, gauges: Gauges): Promise<void> {
    app.decorateRequest('trace', null)
    app.decorateRequest('traceEnd', null)
    this.#spans?.addTo(app)
    if (this.#metrics) agentd.onCall = await addMetrics(app, gauges)
    app.addHook('onClose', async () => this.#exporter?.close())
  }
}
