import { join } from 'node:path'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import type { GatewayConfig } from '../config.ts'
import type { GatewayKeys } from '../keys/gateway-keys.ts'
import type { Monotonic } from '../plugins/allowance.ts'
import type { Records } from '../records.ts'
import { Challenges } from '../sign-in/challenges.ts'
import { Devices } from '../sign-in/devices.ts'
import { Lockout } from '../sign-in/lockout.ts'
import { Passphrase } from '../sign-in/passphrase.ts'
import { PageSessions } from '../sign-in/sessions.ts'
import { WaysIn } from '../sign-in/ways-in.ts'
import { OwnerToken } from '../tokens/owner-token.ts'
import { Tokens } from '../tokens/tokens.ts'

/** Who may come in, and by what. */
export interface Access {
  readonly ownerToken: OwnerToken
  readonly tokens: Tokens
  readonly pageSessions: PageSessions
  readonly challenges: Challenges
  readonly devices: Devices
  readonly passphrase: Passphrase
  readonly waysIn: WaysIn
}

interface AccessNeeds {
  readonly keys: GatewayKeys
  readonly records: Records
  readonly agentd: Agentd
  readonly monotonic: Monotonic
  readonly log: Log
}

/** Throws `config_invalid` when the owner's token cannot be read. */
export async function openAccess(
  config: GatewayConfig,
  { keys, records, agentd, monotonic, log }: AccessNeeds,
): Promise<Access> {
  const own = join(config.stateDir, 'gateway')
  const ownerToken = await OwnerToken.read(config.tokenFile)
  const pageSessions = await PageSessions.load({ file: join(own, 'sessions.json'), log })
  const tokenKey = keys.derive('castellan tokens v1')
  const tokens = await Tokens.open({ file: join(own, 'tokens.json'), key: tokenKey, records, log })
  const challenges = new Challenges(monotonic)
  const devices = new Devices(keys.derive('castellan devices v1'))
  const passphrase = await Passphrase.open(join(own, 'passphrase.json'), keys.derive('castellan passphrase v1'))
  const waysIn = new WaysIn({ agentd, challenges, passphrase, lockout: new Lockout(monotonic), records, log })
  return { ownerToken, tokens, pageSessions, challenges, devices, passphrase, waysIn }
}
