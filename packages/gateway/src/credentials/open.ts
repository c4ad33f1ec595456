import { join } from 'node:path'
import type { Log } from '@castellan/daemon'
import type { GatewayConfig } from '../config.ts'
import type { FreezeWatch } from '../emergency/freeze-watch.ts'
import type { GatewayKeys } from '../keys/gateway-keys.ts'
import type { CredentialMarks } from '../outbound/marks.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Records } from '../records.ts'
import { Activity } from './activity.ts'
import { Credentials } from './credentials.ts'
import { StoreKeeper } from './keeper.ts'
import { Selection } from './selection.ts'
import { CredentialStore } from './store.ts'
import { StoreDisk } from './store-disk.ts'
import { Uses } from './uses.ts'

export interface CredentialsOfGateway {
  readonly credentials: Credentials
  readonly keeper: StoreKeeper
  /** For engines. */
  readonly selection: Selection
  close(): Promise<void>
}

/** Builds what keeps credentials. The store itself is read when it is first needed, because agentd has a say in that. */
export async function openCredentials(
  { stateDir }: Pick<GatewayConfig, 'stateDir'>,
  parts: {
    readonly keys: GatewayKeys
    readonly records: Records
    readonly outbound: Outbound
    /** Of the airlock, which looks out for them. */
    readonly marks?: CredentialMarks
    readonly freezeWatch: FreezeWatch
    readonly log: Log
  },
): Promise<CredentialsOfGateway> {
  const { keys, records, outbound, marks, freezeWatch, log } = parts
  const folder = join(stateDir, 'gateway', 'credentials')
  const store = new CredentialStore({
    ...{ disk: new StoreDisk(folder), keys, records, freeze: freezeWatch, log },
    onSecrets: (secrets) => marks?.tell(secrets),
  })
  const activity = await Activity.load(folder, log)
  const uses = new Uses(records, log)
  freezeWatch.onChange(() => {
    if (freezeWatch.credentialsLocked) store.forget()
  })
  const selection = new Selection({ store, activity, uses, records, log })
  return {
    credentials: new Credentials({ store, activity, records, outbound, selection }),
    keeper: new StoreKeeper({ store, keys, uses, records, log }),
    selection,
    async close() {
      await marks?.close()
      await uses.close()
    },
  }
}
