import { join } from 'node:path'
import type { Log } from '@castellan/daemon'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { Repetitions } from '../idempotency/repetitions.ts'
import { AccessRefusals } from '../plugins/access-refusals.ts'
import type { Monotonic } from '../plugins/allowance.ts'
import { addAuth } from '../plugins/auth.ts'
import { addBodyCap } from '../plugins/body-cap.ts'
import { addClientAddress } from '../plugins/client-address.ts'
import { addErrorEnvelopes } from '../plugins/errors.ts'
import { addHeaderGuard } from '../plugins/header-guard.ts'
import { addIdempotency } from '../plugins/idempotency.ts'
import { addOriginGuard } from '../plugins/origin-guard.ts'
import { addAddressLimit, addTokenLimit, Guesses } from '../plugins/rate-limit.ts'
import { addRequestId } from '../plugins/request-id.ts'
import { logRequests } from '../plugins/request-log.ts'
import { addSecurityHeaders } from '../plugins/security-headers.ts'
import type { Parts } from './parts.ts'

/** The order in which every request is judged, before any route sees it. */
export function addJudging(
  app: FastifyInstance,
  config: GatewayConfig,
  { access, keys, records, containment }: Parts,
  monotonic: Monotonic,
  log: Log,
): void {
  addClientAddress(app, config)
  addRequestId(app)
  logRequests(app, log)
  addErrorEnvelopes(app)
  addSecurityHeaders(app)
  addHeaderGuard(app)
  addBodyCap(app)
  addOriginGuard(app, config)
  addAddressLimit(app, config.limits, monotonic)
  const refusals = new AccessRefusals(records, log)
  app.addHook('onClose', async () => refusals.close())
  addAuth(app, { ...access, guesses: new Guesses(config.limits, monotonic), containment, refusals })
  addTokenLimit(app, config.limits, monotonic)
  const folder = join(config.stateDir, 'gateway', 'idempotency')
  addIdempotency(app, new Repetitions({ folder, key: keys.derive('castellan idempotency v1'), log }))
}
