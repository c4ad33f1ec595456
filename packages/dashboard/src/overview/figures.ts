/** What the reading tools answer, as far as this page shows it; docs/tools.md has all of it. */
export interface Health {
  readonly verdict: 'ok' | 'warning' | 'critical'
  readonly findings: readonly { readonly severity: string; readonly message: string }[]
  readonly uptimeSeconds: number
  readonly failedServices: readonly string[] | null
  readonly servicesNote: string | null
}

interface Spread {
  readonly average: number
  readonly highest: number
}

export interface History {
  readonly spanSeconds: number
  readonly coveredPercent: number
  readonly spans: readonly {
    readonly from: string
    readonly cpuPercent: Spread | null
    readonly load: Spread
    readonly memoryPercent: Spread
    readonly swapPercent: Spread
  }[]
  readonly busiest: { readonly at: string; readonly load: number } | null
}

export interface Disks {
  readonly fileSystems: readonly {
    readonly mountPoint: string
    readonly totalBytes: number
    readonly availableBytes: number
    readonly usedPercent: number
  }[]
}

export interface Services {
  readonly matching: number
}
