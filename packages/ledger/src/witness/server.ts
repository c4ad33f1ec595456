import { createServer, type Server } from 'node:http'
import type { LogWitness, WitnessAnswer } from './witness.ts'

/** Largest request body read, in bytes: 63 proof lines and a note with many signatures. */
const MAX_BODY_BYTES = 256 * 1024

/** A witness over HTTP: `POST /add-checkpoint`, nothing else. The caller listens and closes. */
export function createWitnessServer(witness: LogWitness): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    const answer = (status: number, contentType: string, body: string) =>
      response.writeHead(status, { 'content-type': contentType }).end(body)
    const plain = 'text/plain; charset=utf-8'
    if (new URL(request.url ?? '/', 'http://witness').pathname !== '/add-checkpoint')
      return answer(404, plain, 'A witness answers POST /add-checkpoint only.\n')
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
