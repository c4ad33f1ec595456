import type { GatewayHealth } from '@castellan/contracts'
import { version } from '@castellan/daemon'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../agentd.ts'
import type { Engine } from '../engines/engine.ts'

const PROBE_MS = 1_000

/** `GET /health`: public, and always 200 while the gateway itself is up; `status` says whether the rest is. */
export function addHealthRoute(app: FastifyInstance, parts: { agentd: Agentd; engine: Engine; startedAt: Date }): void {
  app.get('/health', { config: { public: true } }, async (): Promise<GatewayHealth> => {
    const [agentd, engine] = await Promise.all([parts.agentd.state(), engineState(parts.engine)])
    return {
      status: agentd === 'ready' && engine === 'ready' ? 'ok' : 'degraded',
      version,
      started_at: parts.startedAt.toISOString(),
      uptime_s: Math.round((Date.now() - parts.startedAt.getTime()) / 100) / 10,
      agentd,
      engine,
    }
  })
}

/** What the engine says of itself within a second. */
async function engineState(engine: Engine): Promise<GatewayHealth['engine']> {
  return engine.health(AbortSignal.timeout(PROBE_MS)).then(
    (health) => health.state,
    () => 'unavailable',
  )
}
