import {
  CastellanError,
  type CredentialStoreMark,
  type LedgerRecorded,
  LedgerRecordRequest,
  type TokenMarks,
} from '@castellan/contracts'
import { reply, SocketServer } from '@castellan/daemon'
import { quietLog } from './log.ts'

/** Speaks agentd's record.sock over a real Unix socket, and keeps what it was told. */
export class StandInRecords {
  readonly entries: LedgerRecordRequest[] = []
  /** Refuses as agentd does while its ledger is damaged. */
  broken = false
  /** What a ledger of before knows of tokens. */
  marks: TokenMarks = { revoked: [], rotations: {} }
  readonly #server: SocketServer

  constructor() {
    this.#server = new SocketServer({ name: 'agentd', log: quietLog('agentd') })
    this.#server.route('POST', '/v1/records', { body: LedgerRecordRequest }, ({ body }) => {
      if (this.broken) throw new CastellanError('ledger_unavailable', 'The ledger cannot be written.')
      this.entries.push(body)
      const recorded: LedgerRecorded = { index: this.entries.length - 1 }
      return reply(recorded, { status: 201 })
    })
    this.#server.route('GET', '/v1/records/tokens', {}, () => this.marks)
    this.#server.route('GET', '/v1/records/credential-store', {}, (): CredentialStoreMark => ({ mark: null }))
  }

  listen(path: string): Promise<void> {
    return this.#server.listen({ path, mode: 0o600, folderMode: 0o700 })
  }

  close(): Promise<void> {
    return this.#server.close({ graceMs: 0 })
  }
}
