import { WebSocket } from 'ws'
import type { Report } from '../../scripts/bench/report.ts'
import { answers, type Bench, quantile, startBare, startGateway, stop } from './processes.ts'

const ROUNDS = 20
const TRIPS = 200

/** Knows the gateway's frames in advance, and reads nothing of what it gets. */
const BARE_WS = `
  import { createServer } from 'node:http'
  import { WebSocketServer } from 'ws'
  const frames = JSON.parse(process.env.FRAMES)
  const server = createServer((_request, response) => response.end())
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket) => socket.on('message', () => { for (const frame of frames) socket.send(frame) }))
  server.listen(Number(process.env.PORT), '127.0.0.1')`

/** A frame that is answered with one frame, and is part of no turn. */
const FRAME: Asked = {
  name: 'a chat frame there and back',
  frame: JSON.stringify({ type: 'abort' }),
  isAnswer: ({ type, state }) => type === 'status' && state === 'idle',
  isLast: () => true,
  goal: 'at most 1.3 times a bare ws that sends the same frame',
}
/** A whole turn, which is on disk, encrypted, before its frames are out. */
const TURN: Asked = {
  name: 'a turn of /help, kept on disk, there and back',
  frame: JSON.stringify({ type: 'chat', text: '/help' }),
  isAnswer: ({ type }) => type === 'text' || type === 'done',
  isLast: ({ type }) => type === 'done',
}

interface Asked {
  readonly name: string
  readonly frame: string
  readonly isAnswer: (frame: { type: string; state?: string }) => boolean
  readonly isLast: (frame: { type: string }) => boolean
  readonly goal?: string
}

/** What is said there and back on a chat socket, beside a bare ws that sends the same frames. */
export async function reportTrips(bench: Bench, report: Report): Promise<void> {
  for (const asked of [FRAME, TURN]) {
    const { gateway, bare } = await roundTrips(bench, asked)
    for (const [name, q] of [
      ['median', 0.5],
      ['99th percentile', 0.99],
    ] as const) {
      const [value, baseline] = [quantile(gateway, q), quantile(bare, q)]
      const row = { name: `${asked.name}, ${name}`, value, unit: 'µs', baseline, ratio: value / baseline }
      report(q === 0.5 && asked.goal !== undefined ? { ...row, goal: asked.goal } : row)
    }
  }
}

async function roundTrips(bench: Bench, asked: Asked): Promise<{ gateway: number[]; bare: number[] }> {
  const gateway = startGateway(bench)
  await answers(bench.gatewayPort, performance.now())
  const socket = await openSocket(bench.gatewayPort, bench.token)
  const frames = await framesOf(socket, asked)
  const bare = startBare(bench, BARE_WS, { FRAMES: JSON.stringify(frames) })
  await answers(bench.barePort, performance.now())
  try {
    const ours = new Trips(socket, asked.frame, frames.length)
    const theirs = new Trips(await openSocket(bench.barePort), asked.frame, frames.length)
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
  readonly #asked: string
  readonly #frames: number
  #arrived: (() => void) | undefined
  #left = 0

  constructor(socket: WebSocket, asked: string, frames: number) {
    this.socket = socket
    this.#asked = asked
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
    this.socket.send(this.#asked)
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

/** The frames that answer it, as the gateway sends them. */
async function framesOf(socket: WebSocket, { frame, isAnswer, isLast }: Asked): Promise<string[]> {
  const frames: string[] = []
  const done = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const heard = JSON.parse(String(data))
      if (!isAnswer(heard)) return
      frames.push(String(data))
      if (isLast(heard)) resolve()
    })
  })
  socket.send(frame)
  await done
  socket.removeAllListeners('message')
  return frames
}
