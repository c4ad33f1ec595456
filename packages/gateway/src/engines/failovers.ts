import { type AgentName, CredentialId } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Records } from '../records.ts'
import type { Failover } from './engine.ts'

/** Puts on record that a conversation went on with another credential by itself. It goes on even where the ledger is away. */
export function recordsFailovers(records: Pick<Records, 'append'>, log: Log) {
  return ({ from, to }: Failover, { agent }: { readonly agent: { readonly name: AgentName } }): void => {
    const credential = CredentialId.parse(to)
    const record = { type: 'engine_changed', agent: agent.name, from, to, credential, failover: true } as const
    records.append(record).catch((error: unknown) => log.warn({ err: error }, 'a failover is not on record'))
  }
}
