import { createHash } from 'node:crypto'

/**
 * User and group ids that no distribution assigns: systemd's list of uid ranges calls 1879048192 to 2147352575 unused
 * ("HIC SVNT LEONES", systemd.io/UIDS-GIDS). Nothing on disk or running belongs to them but commands' own.
 */
const FIRST_UID = 1_900_000_001
const UIDS = 100_000_000
/** The group of all commands; files that they share with root have it. */
export const COMMANDS_GID = 1_900_000_000

/** Who a command runs as. */
export interface Identity {
  readonly uid: number
  readonly gid: number
  /** Whether agentd has to become it (it is root), or already is. */
  readonly switched: boolean
}

/**
 * Under root every agent has a user id of its own, always the same, made out of its name; all share one group, which the
 * workspace belongs to. agentd run by an ordinary user cannot become another one: commands are that user, behind the
 * same walls.
 */
export function identityOf(agent: string): Identity {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  if (uid !== 0) return { uid, gid, switched: false }
  const digest = createHash('sha256').update(`castellan sandbox uid\n${agent}`).digest()
  return { uid: FIRST_UID + (digest.readUInt32BE(0) % UIDS), gid: COMMANDS_GID, switched: true }
}
