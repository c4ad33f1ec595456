import type { Happening } from '@castellan/contracts'
import type { VitalsLooks } from '../host/vitals.ts'
import type { Recorder } from './recorder.ts'

/** How often the vitals are told, in milliseconds. */
const LOOK_MS = 5_000
/** Entries of one moment are told together: a call writes two. */
const GATHER_MS = 50
/** Most entries that are told at once; of a longer absence the newest. */
const MOST = 200

/**
 * What the ledger is told, from after its first `after` entries on, and how busy the machine is every five seconds. Begins with
 * where the ledger stands. Ends with `signal`, and when the recorder stops telling. A ledger that refuses is not told about.
 */
export async function* happenings(
  ledger: Pick<Recorder, 'arrival' | 'query' | 'state'>,
  looks: Pick<VitalsLooks, 'look'>,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Happening, void, void> {
  let told = after ?? ledger.state().size
  yield { ledger: await newsAfter(ledger, told) }
  told = ledger.state().size
  let nextLook = performance.now()
  for (let open = !signal.aborted; open; ) {
    if (performance.now() >= nextLook) {
      nextLook = performance.now() + LOOK_MS
      yield { vitals: await looks.look() }
    }
    const { state, size } = ledger.state()
    if (state === 'ok' && size !== told) {
      const news = await newsAfter(ledger, told)
      told = news.size
      yield { ledger: news }
    }
    open = await ledger.arrival(Math.max(1, nextLook - performance.now()), signal)
    if (open && ledger.state().size !== told) await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
  }
}

async function newsAfter(
  ledger: Pick<Recorder, 'query' | 'state'>,
  told: number,
): Promise<NonNullable<Happening['ledger']>> {
  const { state, size } = ledger.state()
  // A ledger that was shortened is another one: nothing of it is known.
  const fresh = Math.max(0, size - told)
  if (state !== 'ok' || fresh === 0) return { size, records: [], skipped: 0 }
  const { records } = await ledger.query({ before: size, limit: Math.min(fresh, MOST) })
  const wanted = records.filter(({ entry }) => entry.index >= told).toReversed()
  return { size, records: wanted, skipped: fresh - wanted.length }
}
