import { WebSocket } from 'ws'
import type { Report } from '../../scripts/bench/report.ts'
import { answers, type Bench, quantile, startBare, startGateway, stop } from './processes.ts'

const ROUNDS = 20
const TRIPS = 200

const HELP = JSON.stringify({ type: 'chat', text: '/help' })

/** Knows the gateway's frames in advance, and reads nothing of what it gets. */
const BARE_WS = `
  import { createServer } from 'node:http'
  import { WebSocketServer } from 'ws'
  const frames = JSON.parse(process.env.FRAMES)
  const server = createServer((_request, response) => response.end())
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket) => socket.on('message', () => { for (const frame of frames) socket.send(frame) }))
  server.listen(Number(process.env.PORT), '127.0.0.1')`

/** What is said there and back on a chat socket, beside a bare ws that sends the same frames. */
export async function reportTrips(bench: Bench, report: Report): Promise<void> {
  const { gateway, bare } = await roundTrips(bench)
  for (const [name, q] of [
    ['median', 0.5],
    ['99th percentile', 0.99],
  ] as const) {
    const [value, baseline] = [quantile(gateway, q), quantile(bare, q)]
    const goal = q === 0.5 ? 'at most 1.3 times a bare ws that sends the same frames' : undefined
    const row = { name: `/help there and back, ${name}`, value, unit: 'µs', baseline, ratio: value / baseline }
    report(goal === undefined ? row : { ...row, goal })
  }
}

async function roundTrips(bench: Bench): Promise<{ gateway: number[]; bare: number[] }> {
  const gateway = startGateway(bench)
  await answers(bench.gatewayPort, performance.now())
  const socket = await openSocket(bench.gatewayPort, bench.token)
  const frames = await helpFrames(socket)
  const bare = startBare(bench, BARE_WS, { FRAMES: JSON.stringify(frames) })
  await answers(bench.barePort, performance.now())
  try {
    const ours = new Trips(socket, frames.length)
    const theirs = new Trips(await openSocket(bench.barePort), frames.length)
    // The first round warms both up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (let trip = 0; trip < TRIPS; trip++) await ours.trip(round > 0)
      for (let trip = 0; trip < TRIPS; trip++) await theirs.trip(round > 0)
    }
    for (const { socket } of [ours, theirs]) socket.terminate()
    return { gateway: ours.micros, bare: theirs.micros }
  } finally {
    await Promise.all([stop(gateway), stop(bare)])
  }
}

/** A socket on which one message is answered with so many frames, the last of which ends the trip. */
class Trips {
  readonly socket: WebSocket
  readonly micros: number[] = []
  readonly #frames: number
  #arrived: (() => void) | undefined
  #left = 0

  constructor(socket: WebSocket, frames: number) {
    this.socket = socket
    this.#frames = frames
    socket.on('message', () => {
      this.#left -= 1
      if (this.#left === 0) this.#arrived?.()
    })
  }

  async trip(record: boolean): Promise<void> {
    const start = performance.now()
    this.#left = this.#frames
    const arrived = new Promise<void>((resolve) => {
      this.#arrived = resolve
    })
    this.socket.send(HELP)
    await arrived
    if (record) this.micros.push((performance.now() - start) * 1000)
  }
}

/** A chat socket, once the gateway has let it in. */
export async function openSocket(port: number, token?: string): Promise<WebSocket> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers, perMessageDeflate: false })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}

/** The frames that answer `/help`, as the gateway sends them. */
async function helpFrames(socket: WebSocket): Promise<string[]> {
  const frames: string[] = []
  const done = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      frames.push(String(data))
      if (JSON.parse(String(data)).type === 'done') resolve()
    })
  })
  socket.send(HELP)
  await done
  socket.removeAllListeners('message')
  return frames.filter((frame) => ['text', 'done'].includes(JSON.parse(frame).type))
}
