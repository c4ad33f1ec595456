import { connect, type Socket } from 'node:net'
import type { Report } from '../../scripts/bench/report.ts'
import { answers, type Bench, quantile, startBare, startGateway, stop } from './processes.ts'

const CONNECTIONS = 16
const ROUNDS = 15
const PER_ROUND = 4_000

const PATH = '/api/v1/tokens'

/** The same check as the gateway's: a SHA-256 of the token, compared in constant time; and the same answer. */
const BARE_FASTIFY = `
  import fastify from 'fastify'
  import { createHash, timingSafeEqual } from 'node:crypto'
  const hashOf = (token) => createHash('sha256').update(token, 'utf8').digest()
  const known = hashOf(process.env.TOKEN)
  const app = fastify()
  app.addHook('onRequest', async (request, reply) => {
    if (request.url === '/health') return
    const [scheme, token] = (request.headers.authorization ?? '').split(' ')
    if (scheme !== 'Bearer' || !timingSafeEqual(hashOf(token ?? ''), known)) {
      return reply.code(401).send({ code: 'unauthorized', message: 'no' })
    }
  })
  app.get('/health', async () => ({ status: 'ok' }))
  app.get('${PATH}', async () => ({ items: [] }))
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })`

/** An authenticated GET that reads what the gateway has in memory: what it costs to be let in, judged and logged. */
export async function reportRequests(bench: Bench, report: Report): Promise<void> {
  const gateway = startGateway(bench)
  const bare = startBare(bench, BARE_FASTIFY, { TOKEN: bench.token })
  try {
    await answers(bench.gatewayPort, performance.now())
    await answers(bench.barePort, performance.now())
    const ours = await Load.open(bench.gatewayPort, bench.token)
    const theirs = await Load.open(bench.barePort, bench.token)
    const rates = { ours: [] as number[], theirs: [] as number[] }
    // The first rounds warm both up.
    for (let round = -3; round < ROUNDS; round++) {
      const [our, their] = [await ours.round(), await theirs.round()]
      if (round < 0) continue
      rates.ours.push(our)
      rates.theirs.push(their)
    }
    ours.close()
    theirs.close()
    const [value, baseline] = [quantile(rates.ours, 0.5), quantile(rates.theirs, 0.5)]
    const goal = 'at least 0.8 of bare fastify with the same check'
    const name = `authenticated GET over ${CONNECTIONS} connections, median`
    report({ name, value, unit: 'requests/s', baseline, ratio: value / baseline, goal })
  } finally {
    await Promise.all([stop(gateway), stop(bare)])
  }
}

/** Connections that each ask again as soon as they were answered. All answers of a route have one length. */
class Load {
  readonly #sockets: readonly Socket[]
  readonly #request: Buffer
  readonly #length: number

  private constructor(sockets: readonly Socket[], request: Buffer, length: number) {
    this.#sockets = sockets
    this.#request = request
    this.#length = length
  }

  static async open(port: number, token: string): Promise<Load> {
    const lines = [`GET ${PATH} HTTP/1.1`, `Host: 127.0.0.1:${port}`, `Authorization: Bearer ${token}`, '', '']
    const request = Buffer.from(lines.join('\r\n'))
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => connected(port)))
    return new Load(sockets, request, await lengthOfAnswer(sockets[0] as Socket, request))
  }

  /** Requests a second. */
  async round(): Promise<number> {
    const begun = performance.now()
    let left = PER_ROUND
    const take = () => {
      left -= 1
      return left >= 0
    }
    await Promise.all(this.#sockets.map((socket) => this.#askUntil(socket, take)))
    return PER_ROUND / ((performance.now() - begun) / 1000)
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #askUntil(socket: Socket, take: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let missing = 0
      const next = () => {
        if (!take()) {
          socket.off('data', onData)
          resolve()
          return
        }
        missing = this.#length
        socket.write(this.#request)
      }
      const onData = (chunk: Buffer) => {
        missing -= chunk.length
        if (missing < 0) reject(new Error('an answer was longer than those before'))
        else if (missing === 0) next()
      }
      socket.on('data', onData)
      next()
    })
  }
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}

async function lengthOfAnswer(socket: Socket, request: Buffer): Promise<number> {
  socket.write(request)
  let answer = Buffer.alloc(0)
  for (;;) {
    const chunk = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    answer = Buffer.concat([answer, chunk])
    const head = answer.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(answer.toString('latin1'))?.[1])
    if (head !== -1 && answer.length === head + 4 + length) {
      if (!answer.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200'))) throw new Error(answer.toString('latin1'))
      return answer.length
    }
  }
}
