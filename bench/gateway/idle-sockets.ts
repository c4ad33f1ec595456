import { setTimeout as sleep } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { Report } from '../../scripts/bench/report.ts'
import { answers, type Bench, residentMB, startGateway, stop } from './processes.ts'
import { openSocket } from './trips.ts'

const SOCKETS = 1_000
/** As many as a token may have. */
const PER_TOKEN = 3
const AT_ONCE = 20
const SETTLE_MS = 3000

/** What chat sockets on which nobody says anything take in memory. */
export async function reportIdleSockets(bench: Bench, report: Report): Promise<void> {
  const gateway = startGateway(bench)
  try {
    await answers(bench.gatewayPort, performance.now())
    const tokens: string[] = []
    while (tokens.length * PER_TOKEN < SOCKETS)
      tokens.push(await makeToken(bench))
      // One of each kind, so that what is made once is there before.
    ;(await openSocket(bench.gatewayPort, tokens[0])).terminate()
    await sleep(SETTLE_MS)
    const idleMB = residentMB(gateway)
    const sockets: WebSocket[] = []
    for (let first = 0; first < SOCKETS; first += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, (_, index) => tokens[Math.floor((first + index) / PER_TOKEN)])
      sockets.push(...(await Promise.all(batch.map((token) => openSocket(bench.gatewayPort, token)))))
    }
    await sleep(SETTLE_MS)
    const value = residentMB(gateway) - idleMB
    for (const socket of sockets) socket.terminate()
    report({ name: `${SOCKETS} idle chat sockets, memory over idle`, value, unit: 'MB', goal: 'under 60 MB' })
  } finally {
    await stop(gateway)
  }
}

async function makeToken({ gatewayPort, token }: Bench): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${gatewayPort}/api/v1/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', scopes: ['chat'] }),
  })
  if (!response.ok) throw new Error(await response.text())
  return ((await response.json()) as { token: string }).token
}
