/** One process. `cpuPercent` is of one core, over a short sample taken now; several busy threads exceed 100. */
export interface Process {
  readonly pid: number
  readonly parentPid: number
  readonly name: string
  /** The command line, arguments that look like secrets blanked; empty for kernel threads. */
  readonly command: string
  readonly user: string
  /** One letter as in proc(5): R, S, D, Z, T, I … */
  readonly state: string
  readonly cpuPercent: number
  readonly memoryBytes: number
  readonly threads: number
  readonly startedAt: Date
}

export interface Processes {
  /** Every process of the machine; takes a quarter of a second, because CPU use is measured between two readings. */
  list(signal: AbortSignal): Promise<readonly Process[]>
}
