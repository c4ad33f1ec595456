/** As the tool `app_list` answers. */
export interface AppView {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly user: string
  /** systemd's own words (systemd.unit(5)). */
  readonly activeState: string
  readonly subState: string
  readonly since: string | null
  readonly wanted: 'running' | 'stopped'
  readonly argv: readonly string[]
  readonly network: 'none' | 'local' | 'full'
  readonly memoryBytes: number | null
  readonly memoryLimitBytes: number
  readonly cpuPercent: number | null
  readonly cpuLimitPercent: number
  readonly tasks: number | null
  readonly taskLimit: number
  readonly ports: readonly { readonly protocol: 'tcp' | 'udp'; readonly address: string; readonly port: number }[]
  readonly restarts: number | null
  readonly deployedAt: string
  readonly deployedBy: string
}

export interface AppListing {
  readonly apps: readonly AppView[]
  /** Why no app can run on this machine, and what would help; null where they can. */
  readonly unsupported: string | null
}

/** As the tool `app_logs` answers; oldest first. */
export interface LogPage {
  readonly entries: readonly {
    readonly at: string
    readonly process: string | null
    readonly priority: string
    readonly message: string
  }[]
  readonly cursor: string | null
}

export type Tone = 'good' | 'warn' | 'bad' | ''

/** How an app is to be taken: one that should run and does not is bad, whatever systemd calls it. */
export function toneOf({ activeState, wanted }: Pick<AppView, 'activeState' | 'wanted'>): Tone {
  if (activeState === 'active') return 'good'
  if (activeState === 'activating' || activeState === 'deactivating' || activeState === 'reloading') return 'warn'
  return activeState === 'failed' || wanted === 'running' ? 'bad' : ''
}

/** `127.0.0.1:8080`, `[::1]:8080/udp`: as it is written in addresses. */
export function portText({ protocol, address, port }: AppView['ports'][number]): string {
  const host = address.includes(':') ? `[${address}]` : address
  return `${host}:${port}${protocol === 'udp' ? '/udp' : ''}`
}

/** A command as one would type it, so that where one word ends and the next begins is seen. */
export function commandText(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
}
