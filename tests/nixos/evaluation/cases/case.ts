/** What an option does: definitions, and where in what is rendered they have to show. */
export interface Case {
  /** As docs/options.md names it, without `services.castellan.`. */
  readonly option: string
  /** Definitions, in Nix, below `services.castellan`. */
  readonly set: string
  /** Nix, with `config` and these shorthands: `agentd`, `gateway`, `engine`, `airlock` (their configuration), `unit` (text of a unit). */
  readonly look: string
  readonly is: unknown
}

export const host = 'nginx.hostName = "castellan.example.org";'
export const certificate = `${host} nginx.tls = { certificate = "/etc/tls/cert.pem"; key = "/etc/tls/key.pem"; };`
export const has = (text: string, unit: string): string =>
  `lib.hasInfix ${JSON.stringify(`\n${text}\n`)} (unit "${unit}")`
