import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { type Log, SocketServer } from '@castellan/daemon'
import type { AirlockConfig } from './config.ts'
import { Book } from './destinations/book.ts'
import { Rates } from './destinations/rate.ts'
import { Dialer } from './dial/dialer.ts'
import { type Resolve, serverResolve, systemResolve } from './dial/resolver.ts'
import { Fetcher } from './fetch/fetch.ts'
import { Pool } from './fetch/pool.ts'
import { Flights } from './flights.ts'
import { Gate } from './inspection/gate.ts'
import { Inspector } from './inspection/inspector.ts'
import { MarksKeeper } from './inspection/marks-file.ts'
import { Questions } from './inspection/questions.ts'
import { Recorder } from './record/recorder.ts'
import { Scrubber } from './search/scrub.ts'
import { Search } from './search/search.ts'
import { Secrets } from './secrets/secrets.ts'
import { addAgentdRoutes } from './sockets/agentd.ts'
import { addGatewayRoutes } from './sockets/gateway.ts'
import { addOperatorRoutes } from './sockets/operator.ts'
import { TorRoute } from './tor/route.ts'
import { Grants } from './tunnels/grants.ts'
import { ConnectProxy } from './tunnels/proxy.ts'

/** Time requests under way have when the process stops, and then to tell their readers that it was not enough, in milliseconds. */
const FINISH_MS = 2_000
const FAREWELL_MS = 500

export interface RunningAirlock {
  /** Refuses what is new, gives what is under way a moment, closes. */
  stop(): Promise<void>
}

/** Builds the airlock's parts, hands them to each other, and listens. Throws `socket_in_use`, `port_in_use`, `config_invalid`. */
export async function startAirlock(
  config: AirlockConfig,
  log: Log,
  resolve: Resolve = config.nameServers.length > 0 ? serverResolve(config.nameServers) : systemResolve,
): Promise<RunningAirlock> {
  const recorder = new Recorder(config.recordSocket, log)
  const flights = new Flights(config.concurrency)
  const rates = new Rates()
  const dialer = new Dialer(resolve)
  const pool = new Pool(dialer)
  const folder = join(config.stateDir, 'airlock')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const keeper = await MarksKeeper.open(folder, recorder)
  const { marks } = keeper
  const secrets = await Secrets.open({ folder, keyFile: config.secretsKeyFile, marks, recorder })
  const questions = new Questions(recorder)
  const gate = new Gate(new Inspector(marks, config.inspect), questions, recorder)
  const book = await Book.open({
    folder,
    configured: config.allow,
    recorder,
    log,
    onClosed(reason, destination) {
      flights.cut(reason, destination)
      pool.close(destination)
      if (destination === undefined) grants.endAll(reason)
      else rates.forget(destination)
    },
  })
  const grants = new Grants(book, recorder)
  const proxy = new ConnectProxy(grants, { book, rates, flights, recorder, dialer }, log)
  await proxy.listen(config.proxyPort)
  const fetcher = new Fetcher({ book, rates, flights, recorder, pool, gate, secrets })

  let stopping = false
  const health = {
    name: 'airlock',
    state: () =>
      stopping ? ('stopping' as const) : book.listing.damage === undefined ? 'ready' : ('degraded' as const),
    detail: () => {
      const { latch, destinations, damage } = book.listing
      const counts = { destinations: destinations.length, under_way: flights.size, tunnels: grants.size }
      return { off: latch.off, ...counts, ...(damage === undefined ? {} : { damage }) }
    },
  }
  const gateway = new SocketServer({ name: 'airlock', log })
  addGatewayRoutes(gateway, { health, book, fetcher, grants, proxy, keeper })
  const operator = new SocketServer({ name: 'airlock', log })
  addOperatorRoutes(operator, { health, book, secrets, questions, keeper })
  const tor = config.search?.tor
  const caller = { credentials: false, ...(tor === undefined ? {} : { route: new TorRoute(tor) }) }
  const search = new Search(config.search, fetcher, new Scrubber(marks), caller)
  const agentd = new SocketServer({ name: 'airlock', log })
  addAgentdRoutes(agentd, { health, book, fetcher, keeper, search })
  const { airlockSocket, airlockOperatorSocket } = config
  const agentdSocket = config.airlockAgentdSocket ?? join(dirname(airlockOperatorSocket), 'airlock-agentd.sock')
  await gateway.listen({ path: airlockSocket, mode: 0o660 })
  await operator.listen({ path: airlockOperatorSocket, mode: 0o600 })
  await agentd.listen({ path: agentdSocket, mode: 0o600 })

  return {
    async stop() {
      stopping = true
      const reason = new CastellanError('shutting_down', 'The airlock is stopping.')
      const cut = (): void => {
        grants.endAll(reason)
        flights.cut(reason)
      }
      const late = setTimeout(cut, FINISH_MS)
      const graceMs = FINISH_MS + FAREWELL_MS
      await Promise.all([gateway, operator, agentd].map((server) => server.close({ graceMs })))
      clearTimeout(late)
      cut()
      await proxy.close()
      pool.close()
      await recorder.close()
    },
  }
}
