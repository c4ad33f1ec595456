import { CastellanError, LedgerRecordRequest } from '@castellan/contracts'
import { createLogger, reply, SocketServer } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { onTestFinished } from 'vitest'

type Entry = LedgerRecordRequest & { readonly index: number }

/** Stands for agentd's record.sock: takes what the contract takes, in order, and can be made to fail. */
export class TestLedger {
  readonly entries: Entry[] = []
  /** Set to have every record refused. */
  failing = false
  /** Asked before an entry is answered; for looking at what has happened by then. */
  onRecord: (entry: Entry) => void | Promise<void> = () => undefined

  static async start(socketPath: string): Promise<TestLedger> {
    const ledger = new TestLedger()
    const server = new SocketServer({ name: 'agentd', log: createLogger({ name: 'test', file: '/dev/null' }) })
    server.route('POST', '/v1/records', { body: LedgerRecordRequest }, async ({ body }) => {
      if (ledger.failing) throw new CastellanError('ledger_unavailable', 'The ledger cannot be written to: disk full.')
      const entry = { ...body, index: ledger.entries.length }
      ledger.entries.push(entry)
      await ledger.onRecord(entry)
      return reply({ index: entry.index }, { status: 201 })
    })
    await server.listen({ path: socketPath, mode: 0o660, folderMode: 0o700 })
    onTestFinished(() => server.close({ graceMs: 0 }))
    return ledger
  }

  types(): string[] {
    return this.entries.map(({ type }) => type)
  }

  of<Type extends Entry['type']>(type: Type): Extract<Entry, { type: Type }>[] {
    return this.entries.filter((entry): entry is Extract<Entry, { type: Type }> => entry.type === type)
  }

  /** The newest of a type, once there is one: ends are recorded after the answer. */
  async next<Type extends Entry['type']>(type: Type): Promise<Extract<Entry, { type: Type }>> {
    await until(`${type} is recorded`, () => this.of(type).length > 0)
    return this.of(type).at(-1) as Extract<Entry, { type: Type }>
  }
}
