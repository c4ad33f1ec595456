import {
  CastellanError,
  CredentialStoreMark,
  LedgerRecorded,
  type LedgerRecordRequest,
  TokenMarks,
} from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'

/** Long enough for a ledger on a slow disk, in milliseconds. */
const RECORD_MS = 10_000

/** agentd refuses these before it writes anything; after every other failure the entry may be there or not. */
const UNWRITTEN: ReadonlySet<string> = new Set([
  'rate_limited',
  'invalid_request',
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'not_found',
  'method_not_allowed',
  'shutting_down',
])
const NEVER_SENT: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM'])

/** The gateway's part of the ledger, over record.sock: what it did is on record when a promise resolves. */
export class Records {
  readonly #client: UnixClient

  constructor(socketPath: string) {
    this.#client = new UnixClient({
      socketPath,
      peer: 'agentd',
      unavailable: 'agentd_unavailable',
      timeoutMs: RECORD_MS,
    })
  }

  /** Answers the ledger number. Throws `agentd_unavailable`, `ledger_unavailable`, `rate_limited`, …; see {@link wasNotWritten}. */
  async append(record: LedgerRecordRequest): Promise<number> {
    return (await this.#client.request('POST', '/v1/records', { body: record, schema: LedgerRecorded })).index
  }

  /** The newest state of the credential store that the ledger knows of. */
  async credentialStoreMark(): Promise<CredentialStoreMark['mark']> {
    return (await this.#client.request('GET', '/v1/records/credential-store', { schema: CredentialStoreMark })).mark
  }

  /** What the ledger knows of tokens. */
  tokenMarks(): Promise<TokenMarks> {
    return this.#client.request('GET', '/v1/records/tokens', { schema: TokenMarks })
  }

  close(): void {
    this.#client.close()
  }
}

/** Whether a failed {@link Records.append} has left no entry for certain. */
export function wasNotWritten(error: unknown): boolean {
  if (!(error instanceof CastellanError)) return false
  if (error.code !== 'agentd_unavailable') return UNWRITTEN.has(error.code)
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
  return code !== undefined && NEVER_SENT.has(code)
}
