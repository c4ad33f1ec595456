import type { LedgerRecord, ServerFrame } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { Line } from '../../src/connection/line.ts'
import { Live, type News } from '../../src/live/live.ts'
import { StandInHost } from '../support/host.ts'

const record = (index: number) => ({ entry: { index }, payload_state: 'none' }) as LedgerRecord
const ledger = (size: number, records: LedgerRecord[] = [], skipped = 0): ServerFrame => {
  return { type: 'ledger', size, records, skipped }
}

function open() {
  const host = new StandInHost()
  const line = new Line(host, () => {})
  const live = new Live(line)
  const news: News[] = []
  live.start()
  live.listen((each) => news.push(each))
  line.start()
  host.socket.open()
  return { host, line, live, news }
}

test('it follows as soon as the socket is open, and after a loss from where it was', () => {
  const { host, line } = open()
  expect(host.socket.sent).toEqual([{ type: 'follow' }])
  host.socket.hear(ledger(7))
  host.socket.close(1006)
  line.wake()
  host.socket.open()
  expect(host.socket.sent).toEqual([{ type: 'follow', after: 7 }])
})

test('the first word says where the ledger stands, and is no news', () => {
  const { host, live, news } = open()
  host.socket.hear(ledger(7))
  expect(live.size.value).toBe(7)
  host.socket.hear(ledger(8, [record(7)]))
  expect(news).toEqual([{ records: [record(7)], gap: false }])
  expect(live.recent.value).toEqual([record(7)])
})

test.each([
  ['entries were left out', ledger(900, [record(899)], 892)],
  ['the ledger is another one', ledger(3)],
])('lists are read anew where %s', (_, frame) => {
  const { host, news } = open()
  host.socket.hear(ledger(7))
  host.socket.hear(frame)
  expect(news.map(({ gap }) => gap)).toEqual([true])
})

test('the newest looks at how busy the machine is are kept', () => {
  const { host, live } = open()
  for (let load = 0; load < 400; load += 1) {
    host.socket.hear({
      ...{ type: 'vitals', at: '2026-11-21T03:00:00.000Z', cpu_percent: null, load },
      ...{ memory_percent: 1, swap_percent: 0, received_per_s: null, sent_per_s: null },
    } as ServerFrame)
  }
  expect(live.vitals.value.length).toBe(360)
  expect(live.vitals.value.at(-1)?.load).toBe(399)
})
