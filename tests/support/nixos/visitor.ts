import { once } from 'node:events'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { connect as tlsConnect } from 'node:tls'
import { type ClientOptions, WebSocket } from 'ws'
import type { InstalledHost, Relay } from './installed-host.ts'

/** Where the host is, as seen from outside, and the machines that come to it. All of TEST-NET-1 (RFC 5737). */
export const hostAddress = '192.0.2.1'
export const visitorAddress = '192.0.2.2'
export const proxyAddress = '192.0.2.9'

const network = `
  ip netns add outside
  ip link add inside type veth peer name eth0 netns outside
  ip addr add ${hostAddress}/24 dev inside
  ip link set inside up
  cat > /run/outside.sh << 'SCRIPT'
  ip addr add ${visitorAddress}/24 dev eth0
  ip addr add ${proxyAddress}/24 dev eth0
  ip link set eth0 up
SCRIPT
  nsenter --net=/run/netns/outside sh -e /run/outside.sh`

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Every header as it came, name and value in turn. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** What a request is, beside its path. */
interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Which of the addresses outside it comes from. */
  readonly from?: string
}

/** Another machine on the host's network: clients in this process, whose packets start in a network of their own. */
export class Visitor {
  readonly #host: InstalledHost
  readonly #name: string
  readonly #ca: string

  private constructor(host: InstalledHost, name: string, ca: string) {
    this.#host = host
    this.#name = name
    this.#ca = ca
  }

  /** Lays a network to the host. `name` is what nginx serves, `ca` whom the visitor believes about it, in PEM form. */
  static async arrive(host: InstalledHost, name: string, ca: string): Promise<Visitor> {
    await host.shell(network)
    return new Visitor(host, name, ca)
  }

  /** A WebSocket client that has begun to open `/ws`. */
  open(
    token: string,
    options: ClientOptions & { readonly from?: string; readonly protocols?: string[] } = {},
  ): WebSocket {
    const { from, protocols = [], ...rest } = options
    const headers = protocols.length > 0 ? {} : { authorization: `Bearer ${token}` }
    return new WebSocket(`wss://${this.#name}/ws`, protocols, {
      headers,
      ...rest,
      createConnection: () => this.#tls(from),
    })
  }

  /** Asks over TLS, and reads the whole answer. */
  async ask(path: string, asked: Asked = {}): Promise<Reply> {
    return whole(await this.begin(path, asked))
  }

  /** Asks over TLS; answers as soon as the answer begins. */
  async begin(path: string, { from, body, ...rest }: Asked = {}): Promise<IncomingMessage> {
    const request = tlsRequest({ host: this.#name, path, ...rest, createConnection: () => this.#tls(from) })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  }

  /** Asks over plain HTTP. */
  async askPlainly(path: string): Promise<Reply> {
    const request = plainRequest({ host: this.#name, path, createConnection: () => this.#connect(80) })
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return whole(response)
  }

  #tls(from?: string) {
    return tlsConnect({ socket: this.#connect(443, from), servername: this.#name, ca: this.#ca })
  }

  #connect(port: number, from = visitorAddress): Duplex {
    return connectionBy(this.#host.relay(['/run/netns/outside', hostAddress, String(port), from]))
  }
}

/** Not Duplex.from, for which being cut off in the middle is an error. The relay ends when the other side hangs up. */
function connectionBy({ stdin, stdout }: Relay): Duplex {
  const connection = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk, _encoding, done) => void stdin.write(chunk, done),
    final: (done) => void stdin.end(done),
    destroy: (error, done) => {
      stdin.destroy()
      stdout.destroy()
      done(error)
    },
  })
  stdout.on('data', (chunk) => {
    if (!connection.push(chunk)) stdout.pause()
  })
  stdout.on('end', () => connection.push(null))
  stdin.on('error', () => connection.destroy())
  return connection
}

async function whole(response: IncomingMessage): Promise<Reply> {
  const { statusCode = 0, headers, rawHeaders } = response
  return { status: statusCode, headers, rawHeaders, body: await text(response) }
}
