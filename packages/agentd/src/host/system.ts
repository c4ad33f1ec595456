/** What a machine is. Sizes in bytes, times in UTC. */
export interface SystemFacts {
  readonly hostname: string
  /** Pretty name from os-release, e.g. `NixOS 25.11 (Xantusia)`. */
  readonly osName: string
  /** `ID` from os-release, e.g. `nixos`. */
  readonly osId: string
  readonly kernelRelease: string
  readonly architecture: string
  readonly cpuModel: string
  readonly cpuCount: number
  readonly memoryTotalBytes: number
  readonly bootedAt: Date
  readonly uptimeSeconds: number
  /** Whether process 1 is systemd. */
  readonly systemd: boolean
}

/** Load averages as the kernel computes them, and how many tasks run of how many. */
export interface Load {
  readonly oneMinute: number
  readonly fiveMinutes: number
  readonly fifteenMinutes: number
  readonly runningTasks: number
  readonly totalTasks: number
}

/** Memory from /proc/meminfo, in bytes. `used` is total less available: what programs cannot give back. */
export interface Memory {
  readonly totalBytes: number
  readonly usedBytes: number
  readonly availableBytes: number
  readonly freeBytes: number
  readonly cacheBytes: number
  readonly swapTotalBytes: number
  readonly swapUsedBytes: number
}

export interface System {
  facts(signal: AbortSignal): Promise<SystemFacts>
  load(signal: AbortSignal): Promise<Load>
  memory(signal: AbortSignal): Promise<Memory>
}
