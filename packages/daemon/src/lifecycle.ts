import { CastellanError } from '@castellan/contracts'
import type { z } from 'zod'
import { configArgument } from './arguments.ts'
import { loadConfig, type ProcessConfig } from './config/load.ts'
import { createLogger, type Log } from './log/logger.ts'
import { ServiceManager } from './service-manager.ts'
import { version } from './version.ts'

/** What a process ends with, for whoever restarts it. */
export const exitCodes = {
  stopped: 0,
  crashed: 1,
  /** Stopping took longer than {@link DRAIN_MS}; what was in flight was cut off. EX_SOFTWARE of sysexits.h. */
  drainTimedOut: 70,
  /** Starting again will not help until somebody changes the configuration. EX_CONFIG of sysexits.h. */
  configInvalid: 78,
} as const

/** Time a process has between being asked to stop and being gone, in milliseconds. */
export const DRAIN_MS = 5000

export interface DaemonContext<Config> {
  readonly config: Config
  readonly log: Log
  /** Aborted when stopping begins. */
  readonly signal: AbortSignal
  /** Asks the process to stop, as a SIGTERM would; for a part that cannot go on. */
  readonly stop: (reason: string, exitCode?: number) => void
}

export interface RunningDaemon<Config> {
  /** Takes no new work, finishes what is in flight, closes. */
  stop(): Promise<void>
  /** Called at SIGHUP with a configuration that validated. Without it SIGHUP is noted and ignored. */
  reload?(config: Config): Promise<void> | void
}

type AnyConfig = z.ZodObject<typeof ProcessConfig.shape>

export interface DaemonDefinition<Schema extends AnyConfig> {
  readonly name: string
  readonly config: Schema
  start(context: DaemonContext<z.output<Schema>>): Promise<RunningDaemon<z.output<Schema>>>
}

/**
 * The whole life of a process: reads its configuration (`--config FILE`, `CASTELLAN_*`), starts it, and sees it off.
 * SIGTERM and SIGINT drain within {@link DRAIN_MS}, a second one ends it at once; SIGHUP reloads the configuration; an error
 * nobody caught is logged and ends it. With `CASTELLAN_SUPERVISED=1` the end of standard input means that the supervisor is
 * gone, and the process follows it; where systemd wants to hear of it, it is told. Ends the process itself, with one of {@link exitCodes}.
 */
export async function runDaemon<Schema extends AnyConfig>(definition: DaemonDefinition<Schema>): Promise<void> {
  const { name } = definition
  let log = createLogger({ name })

  const die = (what: string) => (error: unknown) => {
    log.fatal({ err: error }, what)
    process.exit(exitCodes.crashed)
  }
  process.on('uncaughtException', die('an error nobody caught; the process ends'))
  process.on('unhandledRejection', die('a rejection nobody handled; the process ends'))

  const read = (): z.output<Schema> => loadConfig(definition.config, { file: configArgument(process.argv.slice(2)) })

  const stopping = new AbortController()
  let running: Promise<RunningDaemon<z.output<Schema>>> | undefined

  const stop = (reason: string, exitCode: number = exitCodes.stopped): void => {
    if (stopping.signal.aborted) return
    log.info({ reason }, 'stopping')
    stopping.abort(new CastellanError('shutting_down', `${name} is stopping. Try again in a moment.`))
    const deadline = setTimeout(() => {
      log.error(`not drained after ${DRAIN_MS} ms; what was in flight is cut off`)
      process.exit(exitCodes.drainTimedOut)
    }, DRAIN_MS)
    deadline.unref()
    void Promise.resolve(running)
      .then((daemon) => daemon?.stop())
      .then(
        () => {
          log.info('stopped')
          process.exit(exitCode)
        },
        (error: unknown) => die('stopping failed')(error),
      )
  }

  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) {
      log.warn({ signal }, 'asked again to stop; ending at once')
      process.exit(exitCodes.drainTimedOut)
    }
    stop(signal)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  try {
    const config = read()
    log = createLogger({ name, level: config.logLevel })
    log.info({ version, node: process.version }, 'starting')
    const manager = ServiceManager.take(process.env, log)
    if (process.env.CASTELLAN_SUPERVISED === '1') followSupervisor(() => stop('the supervisor is gone'))

    running = definition.start({ config, log, signal: stopping.signal, stop })
    const daemon = await running
    process.on('SIGHUP', () => void reload(daemon, read, log))
    log.info('started')
    await manager?.ready()
  } catch (error) {
    if (stopping.signal.aborted) return
    log.fatal({ err: error }, error instanceof Error ? error.message : 'could not start')
    const isConfig = error instanceof CastellanError && error.code === 'config_invalid'
    process.exit(isConfig ? exitCodes.configInvalid : exitCodes.crashed)
  }
}

/** A configuration that does not validate changes nothing: the process goes on with the one it has. */
async function reload<Config>(daemon: RunningDaemon<Config>, read: () => Config, log: Log): Promise<void> {
  if (daemon.reload === undefined) {
    log.info('SIGHUP: nothing to reload')
    return
  }
  try {
    await daemon.reload(read())
    log.info('configuration reloaded')
  } catch (error) {
    log.error({ err: error }, 'the configuration was not reloaded; the old one stays in force')
  }
}

/** The supervisor holds the other end of our standard input and never writes: its end is the supervisor's end. */
function followSupervisor(onGone: () => void): void {
  process.stdin.on('end', onGone)
  process.stdin.on('error', onGone)
  process.stdin.resume()
}
