import { join } from 'node:path'
import type { Log } from '@castellan/daemon'
import type { InsightLimits } from '../insights/book.ts'
import type { GatewayKeys } from '../keys/gateway-keys.ts'
import type { DecisionLimits } from '../replay/book.ts'
import { StoreThread } from './thread.ts'

/** The databases of the gateway, each under a key of its own. A database that cannot be opened says so when it is used. */
export function openStore(
  folder: string,
  keys: Pick<GatewayKeys, 'derive'>,
  limits: { readonly insights: InsightLimits; readonly decisions: DecisionLimits },
  log: Log,
): StoreThread {
  const places = () => ({
    conversations: { path: join(folder, 'conversations.db'), key: keys.derive('castellan conversations v1') },
    insights: { path: join(folder, 'insights.db'), key: keys.derive('castellan insights v1'), limits: limits.insights },
    decisions: {
      path: join(folder, 'decisions.db'),
      key: keys.derive('castellan decisions v1'),
      limits: limits.decisions,
    },
  })
  return new StoreThread(places, log)
}
