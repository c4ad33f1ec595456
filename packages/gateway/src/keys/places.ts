import { join } from 'node:path'
import type { GatewayConfig } from '../config.ts'
import type { KeyOptions } from './gateway-keys.ts'

/** Where the keys of a gateway are, and what lies under them. */
export function keyPlaces({ stateDir, keyFile }: Pick<GatewayConfig, 'stateDir' | 'keyFile'>): KeyOptions {
  const folder = join(stateDir, 'gateway')
  return {
    file: keyFile ?? join(folder, 'keys', 'kek'),
    credentialsFolder: process.env.CREDENTIALS_DIRECTORY,
    rootFile: join(folder, 'keys', 'root'),
    encrypted: [
      'credentials/store',
      'conversations.db',
      'insights.db',
      'decisions.db',
      'tokens.json',
      'passphrase.json',
    ].map((name) => join(folder, name)),
  }
}
