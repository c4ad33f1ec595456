import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { CastellanError, type TunnelGrant, type TunnelRequest } from '@castellan/contracts'
import type { z } from 'zod'
import type { Book } from '../destinations/book.ts'
import type { Recorder } from '../record/recorder.ts'

const MAX_GRANTS = 64
const PASSWORD_BYTES = 32

type Request = z.output<typeof TunnelRequest>

/** One program's permission to use the proxy. */
export interface Grant {
  readonly id: string
  readonly purpose: string
  readonly index: number
  admits(host: string, port: number): boolean
  /** Counts bytes of its tunnels; false once there are more than it may have. */
  spend(bytes: number): boolean
  /** Aborted when it has run out or was taken back. */
  readonly signal: AbortSignal
}

interface Held extends Grant {
  readonly passwordHash: Buffer
  readonly controller: AbortController
  readonly timer: NodeJS.Timeout
}

/** The permissions that are good now. They are kept in memory only: a restart ends them all. */
export class Grants {
  readonly #book: Book
  readonly #recorder: Recorder
  readonly #held = new Map<string, Held>()

  constructor(book: Book, recorder: Recorder) {
    this.#book = book
    this.#recorder = recorder
  }

  get size(): number {
    return this.#held.size
  }

  /** Throws `egress_denied` where a host is not on the list for tunnels, `egress_off`, `busy`, `egress_unrecorded`. */
  async mint(request: Request, proxy: { readonly host: string; readonly port: number }): Promise<TunnelGrant> {
    if (this.#held.size >= MAX_GRANTS) {
      throw new CastellanError(
        'busy',
        `${MAX_GRANTS} programs have a tunnel of their own by now. Try again in a moment.`,
      )
    }
    const { hosts, purpose, ttl_s, max_bytes } = request
    await this.#book.ready()
    const admit = (): void => {
      for (const { host, port } of hosts) this.#book.admitTunnel(host, port)
    }
    admit()
    const id = `tun_${randomBytes(12).toString('base64url')}`
    const expires_at = new Date(Date.now() + ttl_s * 1000).toISOString()
    const names = hosts.map(({ host, port }) => `${host}:${port}`).join(' ')
    const index = await this.#recorder.before({
      type: 'egress_tunnel_granted',
      tunnel: id,
      purpose,
      hosts: names.length > 2048 ? `${names.slice(0, 2047)}…` : names,
      expires_at,
      max_bytes,
    })
    // The operator may have taken it back while it was recorded.
    admit()
    const password = randomBytes(PASSWORD_BYTES).toString('base64url')
    this.#hold(id, request, index, password)
    return { id, ...proxy, username: id, password, expires_at, index }
  }

  /** The grant that this name and password belong to; compared in a time that tells nothing. */
  find(username: string, password: string): Grant | undefined {
    const held = this.#held.get(username)
    if (held === undefined || !timingSafeEqual(held.passwordHash, hashOf(password))) return undefined
    return held
  }

  /** Throws `not_found` for one that is over or never was. */
  end(id: string): void {
    const held = this.#held.get(id)
    if (held === undefined) throw new CastellanError('not_found', `There is no tunnel ${id}; perhaps it has run out.`)
    this.#drop(held, new CastellanError('cancelled', 'The tunnel was taken back.'))
  }

  endAll(reason: CastellanError): void {
    for (const held of [...this.#held.values()]) this.#drop(held, reason)
  }

  #hold(id: string, { hosts, purpose, ttl_s, max_bytes }: Request, index: number, password: string): void {
    const controller = new AbortController()
    let left = max_bytes
    const held: Held = {
      id,
      purpose,
      index,
      admits: (host, port) => hosts.some((each) => each.host === host && each.port === port),
      spend: (bytes) => {
        left -= bytes
        return left >= 0
      },
      signal: controller.signal,
      controller,
      passwordHash: hashOf(password),
      timer: setTimeout(
        () => this.#drop(held, new CastellanError('egress_timeout', 'The tunnel has run out.')),
        ttl_s * 1000,
      ),
    }
    held.timer.unref()
    this.#held.set(id, held)
  }

  #drop(held: Held, reason: CastellanError): void {
    clearTimeout(held.timer)
    this.#held.delete(held.id)
    held.controller.abort(reason)
  }
}

function hashOf(password: string): Buffer {
  return createHash('sha256').update(password).digest()
}
