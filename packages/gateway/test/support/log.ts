import { createLogger, type Log } from '@castellan/daemon'

/** A real log that nobody reads: tests look at what a gateway answers, not at what it notes. */
export function quietLog(name: string): Log {
  return createLogger({ name, level: 'error', file: '/dev/null' })
}
