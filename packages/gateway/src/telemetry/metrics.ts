import type { FastifyInstance } from 'fastify'
import type { CallResult } from '../agentd.ts'
import { toCastellanError } from '../plugins/errors.ts'

/** What is counted at the moment of asking. */
export interface Gauges {
  readonly sockets: () => number
  readonly turns: () => number
}

/**
 * `/metrics` in the text format of Prometheus, for tokens with the scope read. Every label is one of a fixed set: routes,
 * statuses and error codes as this program has them, never anything that somebody sent. Returns where calls are counted.
 */
export async function addMetrics(app: FastifyInstance, gauges: Gauges): Promise<(result: CallResult) => void> {
  // Loaded only where it is wanted: it costs memory and time at the start.
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await import('prom-client')
  const registers = [new Registry()]
  const [registry] = registers as [InstanceType<typeof Registry>]
  collectDefaultMetrics({ register: registry, prefix: 'castellan_' })

  const requests = new Counter({
    name: 'castellan_http_requests_total',
    help: 'Requests answered, by route.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'castellan_http_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['route'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
    registers,
  })
  const refusals = new Counter({
    name: 'castellan_refusals_total',
    help: 'Refusals, by error code.',
    labelNames: ['code'],
    registers,
  })
  const calls = new Counter({
    name: 'castellan_tool_calls_total',
    help: 'Tool calls that the gateway asked agentd for, by what came of them.',
    labelNames: ['result'],
    registers,
  })
  for (const [name, help, count] of [
    ['castellan_chat_sockets', 'Chat sockets that are open.', gauges.sockets],
    ['castellan_chat_turns', 'Turns that are running.', gauges.turns],
  ] as const) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(count())
      },
    })
  }

  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    requests.inc({ method: knownMethod(request.method), route, status: reply.statusCode })
    seconds.observe({ route }, reply.elapsedTime / 1000)
    done()
  })
  app.addHook('onError', (_request, _reply, error, done) => {
    refusals.inc({ code: toCastellanError(error).code })
    done()
  })
  app.get('/metrics', { config: { scope: 'read' } }, async (_request, reply) => {
    reply.type(registry.contentType)
    return registry.metrics()
  })
  return (result) => calls.inc({ result })
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** HTTP has dozens of methods; only those that mean something here are told apart. */
function knownMethod(method: string): string {
  return METHODS.includes(method) ? method : 'other'
}
