import { dirname, join } from 'node:path'
import { backupFolder } from '../backup/start.ts'
import type { Config } from '../config.ts'
import type { Grant } from '../host/index.ts'
import type { PasskeyPlace } from '../operators/passkeys.ts'
import { StateKeys } from '../state/keys.ts'

/** Where the owner's rules are. */
export function policyDir({ policy, stateDir }: Config): string {
  return policy.dir ?? join(stateDir, 'policy')
}

/** Passkeys belong to a domain: that of the page, which locally is called `localhost`. */
export function passkeyPlace({ approvals, pagePort }: Config): PasskeyPlace {
  const { origins = [`http://localhost:${pagePort}`], rpId } = approvals.passkeys
  return { origins, rpId: rpId ?? new URL(origins[0] as string).hostname }
}

/** The workspace first, because relative paths start there; agentd's own state never; then what the owner grants. */
export function grantsOf(config: Config): [Grant, ...Grant[]] {
  const { stateDir, files, backups } = config
  return [
    { path: join(stateDir, 'workspace'), access: 'write' },
    { path: stateDir, access: 'none' },
    ...files.roots,
    { path: policyDir(config), access: 'none' },
    { path: backupFolder(join(stateDir, 'agentd'), backups), access: 'none' },
  ]
}

/** Where the airlock listens for agentd. */
export function airlockSocketOf({ airlockSocket, agentSocket }: Config): string {
  return airlockSocket ?? join(dirname(agentSocket), 'airlock-agentd.sock')
}

/** What lies in agentd's folder under a key of {@link StateKeys}: where any of it is there, the root key has to be. */
export function encryptedIn(folder: string): string[] {
  return ['trash/blobs', 'undo', 'memory.db'].map((name) => join(folder, name))
}

/** Names that somebody who looks for secrets opens; nothing of Castellan's ever does. */
export function canariesIn(stateDir: string): string[] {
  return [join(stateDir, 'recovery-codes.txt'), join(stateDir, 'agentd', 'old-keys', 'ledger-signing-key.txt')]
}
