/** A socket that waits for somebody: a listening TCP socket, or a bound and unconnected UDP one. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp'
  /** Textual IP address; `0.0.0.0` and `::` mean every interface. */
  readonly address: string
  readonly port: number
  /** Who owns it; null where the owner may not be seen by this user. */
  readonly pid: number | null
  readonly process: string | null
  readonly user: string
}

export interface Network {
  listeners(signal: AbortSignal): Promise<readonly Listener[]>
}
