import type { Log } from '@castellan/daemon'
import type { FastifyBaseLogger } from 'fastify'

type Bindings = Parameters<FastifyBaseLogger['child']>[0]
type Write = FastifyBaseLogger['info']

/** A request's log, made when the request first has something to say: most have nothing, and making one costs. */
export class LazyLog {
  readonly #parent: Log
  readonly #bindings: Bindings
  #own: FastifyBaseLogger | undefined

  constructor(parent: Log, bindings: Bindings) {
    this.#parent = parent
    this.#bindings = bindings
  }

  get level(): string {
    return this.#parent.level
  }

  child(...args: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#log.child(...args)
  }

  fatal(...args: Parameters<Write>): void {
    this.#log.fatal(...args)
  }

  error(...args: Parameters<Write>): void {
    this.#log.error(...args)
  }

  warn(...args: Parameters<Write>): void {
    this.#log.warn(...args)
  }

  info(...args: Parameters<Write>): void {
    this.#log.info(...args)
  }

  /** Answers are told at this level, which is off at work. */
  debug(...args: Parameters<Write>): void {
    if (this.#parent.level === 'debug' || this.#parent.level === 'trace') this.#log.debug(...args)
  }

  trace(...args: Parameters<Write>): void {
    if (this.#parent.level === 'trace') this.#log.trace(...args)
  }

  silent(): void {
    // Fastify asks for it, and it says nothing.
  }

  get #log(): FastifyBaseLogger {
    this.#own ??= this.#parent.child(this.#bindings)
    return this.#own
  }
}
