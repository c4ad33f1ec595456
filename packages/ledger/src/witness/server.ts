import { createServer, type Server } from 'node:http'
import type { LogWitness, WitnessAnswer } from './witness.ts'

/** Largest request body read, in bytes: 63 proof lines and a note with many signatures. */
const MAX_BODY_BYTES = 256 * 1024

const MONITORED = /^\/([0-9a-f]{64})\/checkpoint$/

/** A witness over HTTP: `POST /add-checkpoint`, and `GET /<SHA-256 of an origin>/checkpoint` for who watches it. The caller listens and closes. */
export function createWitnessServer(witness: LogWitness): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    const answer = (status: number, contentType: string, body: string) =>
      response.writeHead(status, { 'content-type': contentType }).end(body)
    const plain = 'text/plain; charset=utf-8'
    const pathname = URL.parse(request.url ?? '/', 'http://witness')?.pathname ?? ''
    const originHash = MONITORED.exec(pathname)?.[1]
    if (originHash !== undefined) {
      if (request.method !== 'GET') return answer(405, plain, 'A checkpoint is read with GET.\n')
      witness.newest(originHash).then(
        (newest) =>
          newest === null ? answer(404, plain, 'Nothing was seen of this log.\n') : answer(200, plain, newest),
        () => answer(500, plain, 'The witness could not read what it has seen.\n'),
      )
      return
    }
    if (pathname !== '/add-checkpoint')
      return answer(404, plain, 'A witness answers POST /add-checkpoint and GET /<origin hash>/checkpoint.\n')
    if (request.method !== 'POST') return answer(405, plain, 'add-checkpoint is a POST.\n')
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
    })
    request.on('end', () => {
      if (size > MAX_BODY_BYTES) return answer(413, plain, `A request has at most ${MAX_BODY_BYTES} bytes.\n`)
      witness.addCheckpoint(Buffer.concat(chunks).toString()).then(
        ({ status, contentType, body }: WitnessAnswer) => answer(status, contentType, body),
        () => answer(500, plain, 'The witness could not store the checkpoint; it was not cosigned.\n'),
      )
    })
  })
}
