/** What one command may use. Without a systemd scope these hold for each process; with one, memory and tasks for all together. */
export interface Limits {
  /** Wall time until everything is killed, in milliseconds. */
  readonly timeoutMs: number
  /** CPU time of a process, in seconds. */
  readonly cpuSeconds: number
  /** Private memory of a process, in bytes. */
  readonly memoryBytes: number
  /** Processes and threads. */
  readonly tasks: number
  /** Size of a file that is written, in bytes. */
  readonly fileBytes: number
  readonly openFiles: number
  /** Size of each of the private folders /tmp, /dev/shm and (in `sandbox_exec`) the working folder, in bytes. */
  readonly temporaryBytes: number
  /** What is kept of standard output and of standard error, in bytes each; the rest is counted and thrown away. */
  readonly keptBytes: number
  /** More output than this, in bytes, and the command is stopped. */
  readonly outputBytes: number
}

const MiB = 1024 * 1024

export function limitsFor(timeoutSeconds: number): Limits {
  return {
    timeoutMs: timeoutSeconds * 1000,
    cpuSeconds: timeoutSeconds,
    memoryBytes: 1024 * MiB,
    tasks: 128,
    fileBytes: 256 * MiB,
    openFiles: 1024,
    temporaryBytes: 64 * MiB,
    keptBytes: 32 * 1024,
    outputBytes: 16 * MiB,
  }
}

/** Longest a timer of systemd and a limit of CPU time are set to, in seconds: a year. */
const YEAR_SECONDS = 365 * 24 * 3600

/** A program that goes on: it may run long, and hold no more at once than a command. */
export function serviceLimits(): Limits {
  return { ...limitsFor(YEAR_SECONDS), tasks: 256 }
}

/** A program that has `timeoutSeconds` and may need more memory than a command: a model is loaded into it. */
export function workLimits(timeoutSeconds: number, memoryBytes: number): Limits {
  // Threads count together, and a model has one for each core.
  return { ...limitsFor(timeoutSeconds), memoryBytes, tasks: 256, cpuSeconds: timeoutSeconds * 64 }
}

/** prlimit(1): soft and hard at once, so nothing inside can raise them. */
export function prlimitArguments(limits: Limits): string[] {
  return [
    `--cpu=${limits.cpuSeconds}`,
    `--data=${limits.memoryBytes}`,
    `--nproc=${limits.tasks}`,
    `--fsize=${limits.fileBytes}`,
    `--nofile=${limits.openFiles}`,
    '--core=0',
    '--memlock=65536',
    '--msgqueue=0',
    '--rtprio=0',
    '--nice=0',
  ]
}

/** systemd.resource-control(5): for all processes of the command together. */
export function scopeProperties(limits: Limits): string[] {
  return [
    `MemoryMax=${limits.memoryBytes}`,
    'MemorySwapMax=0',
    `TasksMax=${limits.tasks}`,
    'CPUQuota=100%',
    `RuntimeMaxSec=${Math.ceil(limits.timeoutMs / 1000) + 5}`,
  ]
}
