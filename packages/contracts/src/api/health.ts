import { GatewayHealth } from '../gateway.ts'
import { defineOperation } from './operation.ts'

export const getHealth = defineOperation({
  id: 'getHealth',
  method: 'GET',
  path: '/api/v1/health',
  tag: 'health',
  summary: 'Whether the gateway, agentd, the engine and the airlock are up',
  description:
    'Always 200 while the gateway itself is up; `status` is `degraded` while agentd or the engine does not answer.',
  scope: 'public',
  status: 200,
  answer: GatewayHealth,
  errors: [],
  example: {
    answer: {
      status: 'ok',
      version: '0.1.0',
      started_at: '2026-11-21T03:00:00.000Z',
      uptime_s: 86_400.2,
      agentd: 'ready',
      engine: 'ready',
      airlock: 'ready',
    },
  },
})
