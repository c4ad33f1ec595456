import {
  exportCredentials,
  getCredentialStore,
  importCredentials,
  lockCredentialStore,
  resetCredentialStore,
  rotateCredentialKey,
  showRecoveryPhrase,
  unlockCredentialStore,
} from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { CredentialsOfGateway } from '../../credentials/open.ts'
import { serve } from '../serve.ts'

/** The store as a whole: its state, its key, and what leaves it encrypted. */
export function addCredentialStore(
  app: FastifyInstance,
  { credentials, keeper }: Pick<CredentialsOfGateway, 'credentials' | 'keeper'>,
): void {
  const afterwards = (act: () => Promise<void>) => async () => {
    await act()
    return keeper.view()
  }
  serve(app, getCredentialStore, () => keeper.view())
  serve(
    app,
    lockCredentialStore,
    afterwards(() => keeper.lock()),
  )
  serve(
    app,
    unlockCredentialStore,
    afterwards(() => keeper.unlock()),
  )
  serve(
    app,
    rotateCredentialKey,
    afterwards(() => keeper.rotateKey()),
  )
  serve(
    app,
    resetCredentialStore,
    afterwards(() => keeper.reset()),
  )
  serve(app, showRecoveryPhrase, () => keeper.showPhrase())
  serve(app, exportCredentials, ({ body }) => credentials.export(body))
  serve(app, importCredentials, ({ body }) => credentials.import(body))
}
