import type { TunnelGrant } from '@castellan/contracts'

/** A program's way out through the airlock's CONNECT proxy, for as long as it runs. */
export class Tunnel {
  readonly expiresAt: string
  readonly #grant: TunnelGrant
  readonly #end: () => Promise<void>

  constructor(grant: TunnelGrant, end: () => Promise<void>) {
    this.#grant = grant
    this.#end = end
    this.expiresAt = grant.expires_at
  }

  /**
   * Variables for the program's environment, in the form that Node, Python, Go and curl read. The address holds the password,
   * which is good for this run and these hosts only: it belongs in the environment of that one process and nowhere else.
   */
  environment(): Record<string, string> {
    const { host, port, username, password } = this.#grant
    const proxy = `http://${username}:${password}@${host}:${port}`
    return { HTTPS_PROXY: proxy, https_proxy: proxy, NODE_USE_ENV_PROXY: '1', NO_PROXY: '', no_proxy: '' }
  }

  /** Ends the permission and closes what uses it. Throws `airlock_unavailable`; the permission then ends by its expiry. */
  close(): Promise<void> {
    return this.#end()
  }
}
