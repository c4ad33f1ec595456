import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { TestGateway } from '../gateway.ts'

/**
 * A way to a gateway for clients that cannot send a token: it adds the token and passes on everything else as it is. What
 * such a client calls the door by is what it means to call the gateway by; any other name stays as it was sent.
 */
export async function openDoor({ port, token }: TestGateway): Promise<string> {
  const door = createServer((incoming, answer) => {
    const own = `:${(door.address() as AddressInfo).port}`
    const rename = (text: string | undefined): string | undefined =>
      text?.endsWith(own) === true ? `${text.slice(0, -own.length)}:${port}` : text
    const { host, origin, ...others } = incoming.headers
    const renamed = { host: rename(host), ...(origin === undefined ? {} : { origin: rename(origin) }) }
    const headers = { ...others, ...renamed, authorization: `Bearer ${token}` }
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, path: incoming.url, method: incoming.method, headers },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers)
        answer.flushHeaders()
        response.pipe(answer)
      },
    )
    outgoing.on('error', () => answer.destroy())
    answer.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    door.closeAllConnections()
    await new Promise((resolve) => door.close(resolve))
  })
  return `http://localhost:${(door.address() as AddressInfo).port}/mcp`
}
