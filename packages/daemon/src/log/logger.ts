import { type Logger, pino, stdSerializers } from 'pino'
import { redactKeys, redactText } from './redact.ts'

export type Log = Logger
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

export interface LogOptions {
  /** The process's name, on every line. */
  readonly name: string
  readonly level?: LogLevel
  /** Absolute path of a file to append to (made with mode 0600); standard error without it. */
  readonly file?: string
}

/**
 * One JSON object a line (pino's format, `time` in milliseconds since 1970). Values under keys that name a secret are
 * withheld at any depth, and tokens are withheld wherever they stand, also inside messages and stack traces. Lines are
 * written before the call returns, so that the last words of a dying process are kept.
 */
export function createLogger({ name, level = 'info', file }: LogOptions): Log {
  return pino(
    {
      base: { name, pid: process.pid },
      level,
      formatters: {
        log: (line) => redactKeys(line) as Record<string, unknown>,
        bindings: (bindings) => redactKeys(bindings) as Record<string, unknown>,
      },
      serializers: {
        err: (error: Error) => redactKeys(stdSerializers.err(error)),
      },
      hooks: { streamWrite: redactText },
    },
    pino.destination(file === undefined ? { dest: 2, sync: true } : { dest: file, sync: true, mode: 0o600 }),
  )
}
