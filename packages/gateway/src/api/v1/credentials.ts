import {
  createCredential,
  deleteCredential,
  getCredential,
  listCredentials,
  revokeCredential,
  rotateCredential,
  testCredential,
} from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Credentials } from '../../credentials/credentials.ts'
import { serve } from '../serve.ts'

/** Secrets come in here, in bodies alone, and none goes out. */
export function addCredentials(app: FastifyInstance, credentials: Credentials): void {
  serve(app, listCredentials, async () => ({ items: await credentials.list() }))
  serve(app, getCredential, ({ params }) => credentials.get(params.credential_id))
  serve(app, createCredential, ({ body }) => credentials.create(body))
  serve(app, rotateCredential, ({ params, body }) => credentials.rotate(params.credential_id, body.secret))
  serve(app, revokeCredential, ({ params }) => credentials.revoke(params.credential_id))
  serve(app, deleteCredential, async ({ params }) => {
    await credentials.remove(params.credential_id)
    return undefined
  })
  serve(app, testCredential, ({ params, body, signal }) => credentials.test(params.credential_id, body.model, signal))
}
