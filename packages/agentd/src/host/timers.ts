import { listAsJson } from './systemctl.ts'

/** One systemd timer. Times are null where there is none: it never ran, or will not run again. */
export interface Timer {
  readonly timer: string
  /** What it starts. */
  readonly unit: string
  readonly next: Date | null
  readonly last: Date | null
}

/** One address that a socket unit waits on: `0.0.0.0:22`, `[::]:22`, or a path. */
export interface Socket {
  readonly listen: string
  readonly socket: string
  readonly unit: string
}

/** Every loaded timer, the one that fires next first; those that will not fire come last. */
export async function listTimers(signal: AbortSignal): Promise<Timer[]> {
  const timers = await listAsJson(['list-timers', '--all'], signal)
  return timers
    .map(({ unit, activates, next, last }) => ({
      timer: String(unit),
      unit: String(activates ?? ''),
      next: fromMicroseconds(next),
      last: fromMicroseconds(last),
    }))
    .sort((left, right) => (left.next?.getTime() ?? Infinity) - (right.next?.getTime() ?? Infinity) || 0)
}

export async function listSockets(signal: AbortSignal): Promise<Socket[]> {
  const sockets = await listAsJson(['list-sockets'], signal)
  return sockets.map(({ listen, unit, activates }) => ({
    listen: String(listen),
    socket: String(unit),
    unit: String(activates ?? ''),
  }))
}

/** systemctl prints microseconds since 1970, and 0, null or 2^64 - 1 for never. */
function fromMicroseconds(value: unknown): Date | null {
  const microseconds = Number(value ?? 0)
  return microseconds > 0 && microseconds < 8.64e18 ? new Date(microseconds / 1000) : null
}
