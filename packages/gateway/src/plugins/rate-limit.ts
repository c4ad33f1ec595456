import { CastellanError } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'
import { Allowance, type Monotonic } from './allowance.ts'

export interface RateLimits {
  /** Requests of one token, or of one signed-in browser, a minute. */
  readonly perTokenPerMinute: number
  /** Requests from one address a minute, whoever makes them. */
  readonly perAddressPerMinute: number
  /** Wrong tokens and sign-ins that have ended, from one address a minute. */
  readonly refusedPerMinute: number
}

/**
 * What one address may ask, before anybody looks at who it is. Throws `rate_limited`. For IPv6 an address is its /64: one
 * client has all of that.
 */
export function addAddressLimit(app: FastifyInstance, { perAddressPerMinute }: RateLimits, now: Monotonic): void {
  const allowance = new Allowance(perAddressPerMinute, now)
  app.addHook('onRequest', (request, _reply, done) => {
    const seconds = allowance.take(request.clientNetwork)
    if (seconds > 0) throw limited('your address', perAddressPerMinute, seconds)
    done()
  })
}

/** What one credential may ask; after authentication. Throws `rate_limited`. */
export function addTokenLimit(app: FastifyInstance, { perTokenPerMinute }: RateLimits, now: Monotonic): void {
  const allowance = new Allowance(perTokenPerMinute, now)
  app.addHook('onRequest', (request, _reply, done) => {
    const seconds = request.caller === null ? 0 : allowance.take(request.caller.credential)
    if (seconds > 0) throw limited('your token or sign-in', perTokenPerMinute, seconds)
    done()
  })
}

/**
 * Slows down who guesses. Only what was refused counts, so that whoever has a good credential is let in from the same
 * address at the same time: nobody on a shared machine can lock its owner out.
 */
export class Guesses {
  readonly #allowance: Allowance

  constructor({ refusedPerMinute }: Pick<RateLimits, 'refusedPerMinute'>, now: Monotonic) {
    this.#allowance = new Allowance(refusedPerMinute, now)
  }

  /** What a refusal is answered with: itself, or `rate_limited` where there were too many. */
  count(network: string, refusal: CastellanError): CastellanError {
    const seconds = this.#allowance.take(network)
    if (seconds === 0) return refusal
    return new CastellanError('rate_limited', `Too many wrong credentials from your address; wait ${seconds} s.`, {
      retryAfterSeconds: seconds,
    })
  }
}

function limited(whose: string, perMinute: number, seconds: number): CastellanError {
  const why = `There were more than ${perMinute} requests a minute from ${whose}; go on in ${seconds} s.`
  return new CastellanError('rate_limited', why, { retryAfterSeconds: seconds })
}
