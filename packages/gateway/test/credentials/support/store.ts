import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { Activity } from '../../../src/credentials/activity.ts'
import { Credentials } from '../../../src/credentials/credentials.ts'
import { StoreKeeper } from '../../../src/credentials/keeper.ts'
import { Selection } from '../../../src/credentials/selection.ts'
import { CredentialStore } from '../../../src/credentials/store.ts'
import { StoreDisk } from '../../../src/credentials/store-disk.ts'
import { Uses } from '../../../src/credentials/uses.ts'
import { GatewayKeys } from '../../../src/keys/gateway-keys.ts'
import type { Outbound } from '../../../src/outbound/outbound.ts'
import { quietLog } from '../../support/log.ts'
import { TestLedger } from './ledger.ts'

export interface TestStoreOptions {
  readonly folder?: string
  readonly ledger?: TestLedger
  readonly outbound?: Pick<Outbound, 'fetch'>
  readonly now?: () => number
}

/** What keeps credentials, over real files, with a ledger in memory. Opened again over the same folder it is a restart. */
export async function testCredentials(options: TestStoreOptions = {}) {
  const { folder = temporaryFolder(), ledger = new TestLedger() } = options
  const nowhere = { fetch: () => Promise.reject(new Error('nothing leaves this test')) }
  const log = quietLog('gateway')
  const keys = await GatewayKeys.open({
    file: join(folder, 'keys', 'kek'),
    rootFile: join(folder, 'keys', 'root'),
    encrypted: [join(folder, 'credentials', 'store')],
    credentialsFolder: undefined,
  })
  const freeze = { credentialsLocked: false, freeze: null as unknown }
  const store = new CredentialStore({
    disk: new StoreDisk(join(folder, 'credentials')),
    keys,
    records: ledger,
    freeze,
    log,
  })
  const activity = await Activity.load(join(folder, 'credentials'), log)
  const uses = new Uses(ledger, log)
  const now = options.now ?? Date.now
  const selection = new Selection({ store, activity, uses, records: ledger, log, now })
  const outbound = options.outbound ?? nowhere
  return {
    ...{ folder, ledger, keys, store, activity, uses, freeze },
    storeFile: join(folder, 'credentials', 'store'),
    credentials: new Credentials({ store, activity, records: ledger, outbound, selection }),
    keeper: new StoreKeeper({ store, keys, uses, records: ledger, log }),
    selection,
    again: () => testCredentials({ ...options, folder, ledger }),
  }
}

export const SECRET = 'sk-ant-api03-planted-secret-one-QAAA'
export const OTHER_SECRET = 'sk-ant-api03-planted-secret-two-QBBB'

export const draft = (over: Partial<{ provider: string; label: string; secret: string; base_url: string }> = {}) => ({
  provider: 'anthropic',
  auth: 'api_key' as const,
  label: 'work',
  secret: SECRET,
  ...over,
})
