import { CanaryRequest, DestinationRequest, LatchRequest, SecretRequest } from '@castellan/contracts'
import { addHealthRoute, type HealthSource, reply, type SocketServer } from '@castellan/daemon'
import type { Book } from '../destinations/book.ts'
import type { MarksKeeper } from '../inspection/marks-file.ts'
import type { Questions } from '../inspection/questions.ts'
import type { Secrets } from '../secrets/secrets.ts'

export interface OperatorRouteParts {
  readonly health: HealthSource
  readonly book: Book
  readonly secrets: Secrets
  readonly questions: Questions
  readonly keeper: MarksKeeper
}

/** airlock-operator.sock: what may leave is decided here and nowhere else. Only root can connect. */
export function addOperatorRoutes(
  server: SocketServer,
  { health, book, secrets, questions, keeper }: OperatorRouteParts,
): void {
  addHealthRoute(server, health)
  server.route('GET', '/v1/destinations', {}, () => book.listing)
  server.route('POST', '/v1/destinations', { body: DestinationRequest }, async ({ body }) =>
    reply(await book.allow(body), { status: 201 }),
  )
  server.route('DELETE', '/v1/destinations/:id', {}, ({ params }) => book.remove(params.id))
  server.route('POST', '/v1/latch', { body: LatchRequest }, ({ body }) => book.turn(body))

  server.route('GET', '/v1/secrets', {}, () => ({ secrets: secrets.list }))
  server.route('POST', '/v1/secrets', { body: SecretRequest }, async ({ body }) =>
    reply(await secrets.add(body), { status: 201 }),
  )
  server.route('DELETE', '/v1/secrets/:name', {}, ({ params }) => secrets.remove(params.name))

  server.route('GET', '/v1/questions', {}, () => ({ questions: questions.list }))
  server.route('POST', '/v1/questions/:id/release', {}, ({ params }) => questions.release(params.id))

  server.route('GET', '/v1/canaries', {}, () => ({ canaries: keeper.canaries }))
  server.route('GET', '/v1/marks/key', {}, () => ({ key: Buffer.from(keeper.marks.key).toString('base64') }))
  server.route('POST', '/v1/canaries', { body: CanaryRequest }, async ({ body }) =>
    reply({ name: body.name, index: await keeper.plant(body.name, body.marks) }, { status: 201 }),
  )
  server.route('DELETE', '/v1/canaries/:name', {}, async ({ params }) => ({
    name: params.name,
    index: await keeper.remove(params.name),
  }))
}
