import type { GatewayHealth } from '@castellan/contracts'
import { getHealth } from '@castellan/contracts/api'
import { version } from '@castellan/daemon'
import type { FastifyInstance } from 'fastify'
import type { Agentd } from '../../agentd.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Outbound } from '../../outbound/outbound.ts'
import { serve } from '../serve.ts'

const PROBE_MS = 1_000

interface HealthParts {
  readonly agentd: Agentd
  readonly engine: Engine
  readonly airlock: Pick<Outbound, 'state'>
  readonly startedAt: Date
}

/** Also at `/health`, where monitors look for it. */
export function addHealth(app: FastifyInstance, parts: HealthParts): void {
  serve(app, getHealth, () => healthOf(parts))
  app.get('/health', { config: { public: true } }, () => healthOf(parts))
}

async function healthOf(parts: HealthParts): Promise<GatewayHealth> {
  const asked = [parts.agentd.state(), engineState(parts.engine), parts.airlock.state()] as const
  const [agentd, engine, airlock] = await Promise.all(asked)
  return {
    status: agentd === 'ready' && engine === 'ready' ? 'ok' : 'degraded',
    version,
    started_at: parts.startedAt.toISOString(),
    uptime_s: Math.round((Date.now() - parts.startedAt.getTime()) / 100) / 10,
    agentd,
    engine,
    airlock,
  }
}

/** What the engine says of itself within a second. */
async function engineState(engine: Engine): Promise<GatewayHealth['engine']> {
  return engine.health(AbortSignal.timeout(PROBE_MS)).then(
    (health) => health.state,
    () => 'unavailable',
  )
}
