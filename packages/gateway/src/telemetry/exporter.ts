import { http, type Log, version } from '@castellan/daemon'
import { attributes, type EndedSpan, toOtlp } from './span.ts'

const BATCH = 256
const EVERY_MS = 2_000
/** Spans that wait for a collector that is slow or away; later ones are dropped. */
const MAX_WAITING = 4_096
const SEND_MS = 5_000
/** A collector that is away is said so in the log this often, in milliseconds. */
const COMPLAIN_MS = 60_000

/** Where the collector listens: a port of this machine, or a Unix socket. */
export type Collector = { readonly host: string; readonly port: number } | { readonly socketPath: string }

/**
 * Sends ended spans to a collector on this machine, as OTLP/HTTP with JSON. Nothing waits for it: where the collector does
 * not keep up, spans are lost and counted.
 */
export class Exporter {
  readonly #to: Collector
  readonly #path: string
  readonly #log: Log
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  #waiting: EndedSpan[] = []
  #dropped = 0
  #complainedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> = Promise.resolve()

  constructor(to: Collector, path: string, log: Log) {
    this.#to = to
    this.#path = path
    this.#log = log
  }

  add(span: EndedSpan): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped += 1
      return
    }
    this.#waiting.push(span)
    if (this.#waiting.length === BATCH) this.#sendSoon(0)
    else if (this.#timer === undefined) this.#sendSoon(EVERY_MS)
  }

  /** Sends what waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#send()
    this.#agent.destroy()
  }

  #sendSoon(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#send(), ms)
    this.#timer.unref()
  }

  #send(): Promise<void> {
    this.#timer = undefined
    this.#sending = this.#sending.then(async () => {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.splice(0, BATCH)
        await this.#post(batch).catch((error: unknown) => {
          this.#dropped += batch.length
          this.#complain(error)
        })
      }
    })
    return this.#sending
  }

  #post(spans: readonly EndedSpan[]): Promise<void> {
    const resourceSpans = [...Map.groupBy(spans, ({ service }) => service)].map(([service, own]) => {
      const resource = { attributes: attributes({ 'service.name': service, 'service.version': version }) }
      return { resource, scopeSpans: [{ scope: { name: 'castellan' }, spans: own.map(toOtlp) }] }
    })
    const body = JSON.stringify({ resourceSpans })
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    return new Promise((resolve, reject) => {
      const options = { ...this.#to, agent: this.#agent, path: this.#path, method: 'POST', headers }
      const sending = http.request({ ...options, signal: AbortSignal.timeout(SEND_MS) }, (response) => {
        response.resume()
        response.once('error', reject)
        response.once('end', () => {
          const { statusCode = 0 } = response
          if (statusCode >= 200 && statusCode < 300) resolve()
          else reject(new Error(`the collector answered ${statusCode}`))
        })
      })
      sending.once('error', reject)
      sending.end(body)
    })
  }

  #complain(error: unknown): void {
    const now = performance.now()
    if (now - this.#complainedAt < COMPLAIN_MS) return
    this.#complainedAt = now
    this.#log.warn({ err: error, dropped: this.#dropped }, 'traces were not taken by the collector')
    this.#dropped = 0
  }
}
