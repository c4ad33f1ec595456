/** One service unit in a list. */
export interface ServiceSummary {
  readonly unit: string
  readonly description: string
  readonly loadState: string
  readonly activeState: string
  readonly subState: string
}

/** One service unit in full, from `systemctl show`. */
export interface ServiceDetail extends ServiceSummary {
  readonly unitFileState: string
  readonly mainPid: number | null
  /** When it entered its present active state. */
  readonly since: Date | null
  readonly memoryBytes: number | null
  readonly cpuSeconds: number | null
  readonly tasks: number | null
  readonly restarts: number
  /** Systemd's word for how it ended last: `success`, `exit-code`, `signal`, … */
  readonly result: string
  readonly exitStatus: number | null
  readonly unitFile: string | null
}

export interface Systemd {
  services(signal: AbortSignal): Promise<readonly ServiceSummary[]>
  /** Tries `.service` where `unit` has no suffix. Throws `unit_not_found`, naming near misses. */
  service(unit: string, signal: AbortSignal): Promise<ServiceDetail>
}
