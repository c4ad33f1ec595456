import { MarkRequest } from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { MarksKeeper } from '../inspection/marks-file.ts'

/** The most marks that are taken, each about a hundred bytes of JSON. */
const MAX_BODY_BYTES = 4 * 1024 * 1024

/** What to make marks with, and to hand all of one's own over. Nobody reads marks back. */
export function addMarkRoutes(server: SocketServer, keeper: MarksKeeper, source: 'gateway' | 'agentd'): void {
  server.route('GET', '/v1/marks/key', {}, () => ({ key: Buffer.from(keeper.marks.key).toString('base64') }))
  server.route('PUT', '/v1/marks', { body: MarkRequest, maxBodyBytes: MAX_BODY_BYTES }, async ({ body }) => {
    await keeper.put(source, body.marks)
    return { marks: body.marks.length }
  })
}
