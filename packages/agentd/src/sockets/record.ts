import { type LedgerRecorded, LedgerRecordRequest, recorderOf } from '@castellan/contracts'
import { addHealthRoute, reply, type SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import { noteRecord } from '../incidents/from-records.ts'
import { draftOf } from '../records/draft.ts'
import { RecordLimit } from '../records/limit.ts'
import { credentialStoreMark } from '../records/mark.ts'
import { tokenMarks } from '../records/token-marks.ts'

/** Largest record, in bytes of its JSON. */
const MAX_RECORD_BYTES = 8 * 1024
/** Records of one process in a minute: a request through the airlock makes two. */
const PER_MINUTE = 6_000

/**
 * record.sock: for the gateway and the airlock, to append what they did to the ledger. It takes nothing back, reads nothing but
 * the marks of the credential store and the tokens, and calls no tool.
 */
export function addRecordRoutes(server: SocketServer, { ledger, incidents, state, detail }: Agentd): void {
  const limit = new RecordLimit(PER_MINUTE)
  addHealthRoute(server, { name: 'agentd', state, detail })

  const options = { body: LedgerRecordRequest, maxBodyBytes: MAX_RECORD_BYTES }
  server.route('POST', '/v1/records', options, async ({ body }) => {
    limit.take(recorderOf(body.type))
    const recorded: LedgerRecorded = { index: await ledger.append(draftOf(body)) }
    noteRecord(incidents, body, recorded.index)
    return reply(recorded, { status: 201 })
  })

  server.route('GET', '/v1/records/credential-store', {}, () => credentialStoreMark(ledger))
  server.route('GET', '/v1/records/tokens', {}, () => tokenMarks(ledger))
}
