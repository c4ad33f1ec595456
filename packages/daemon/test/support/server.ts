import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { onTestFinished } from 'vitest'
import { createLogger, SocketServer, UnixClient } from '../../src/index.ts'

export interface Raw {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
  readonly json: { code: string; message: string; request_id: string; detail?: unknown }
}

/** A server with the given routes on a socket of its own, closed after the test. */
export async function serve(addRoutes: (server: SocketServer) => void, maxBodyBytes?: number) {
  const folder = temporaryFolder()
  const path = join(folder, 'run', 'test.sock')
  const log = createLogger({ name: 'test', file: join(folder, 'log') })
  const server = new SocketServer({ name: 'test', log, ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }) })
  addRoutes(server)
  await server.listen({ path, mode: 0o600, folderMode: 0o700 })
  const client = new UnixClient({ socketPath: path, peer: 'test', unavailable: 'agentd_unavailable' })
  onTestFinished(async () => {
    client.close()
    await server.close({ graceMs: 0 })
  })
  return { path, server, client, log: join(folder, 'log') }
}

/** One request without any help from our own client. */
export function raw(
  socketPath: string,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: JSON.parse(text || 'null'),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Bytes as they are, and everything that comes back until the server closes. */
export function rawBytes(socketPath: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(socketPath, () => socket.write(bytes))
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}
