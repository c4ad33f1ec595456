import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type AirlockLatch,
  CastellanError,
  Destination,
  type DestinationChange,
  type DestinationListing,
  type DestinationRequest,
  type LatchChange,
  type LatchRequest,
  Timestamp,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { z } from 'zod'
import type { EgressRecord, Recorder } from '../record/recorder.ts'
import { readState, writeState } from '../state/durable-file.ts'
import { assertCertificates } from './certificates.ts'
import { type Aim, findDestination, findTunnel, type Match } from './match.ts'

const MAX_ENTRIES = 1024

const ListFile = z.strictObject({ version: z.literal(1), destinations: z.array(Destination).max(MAX_ENTRIES) })
const LatchFile = z.strictObject({ version: z.literal(1), off: z.literal(true), since: Timestamp, reason: z.string() })
const OpenFile = z.strictObject({ version: z.literal(1), off: z.literal(false) })

export interface BookOptions {
  /** `airlock/` in the state folder. */
  readonly folder: string
  /** From the configuration. */
  readonly configured: readonly z.output<typeof DestinationRequest>[]
  readonly recorder: Recorder
  readonly log: Log
  /** Something may no longer leave: everything, or what goes by one entry. */
  readonly onClosed: (reason: CastellanError, destination?: string) => void
}

/**
 * What may leave: the list of destinations and the latch that shuts everything. Changes come from the operator, one after the
 * other, and are in the ledger and on disk before they count. A file that cannot be read lets nothing out.
 */
export class Book {
  readonly #options: BookOptions
  readonly #listFile: string
  readonly #latchFile: string
  readonly #configured: readonly Destination[]
  #allowed: readonly Destination[] = []
  #latch: AirlockLatch = { off: false }
  #damage: string | undefined
  #last: Promise<unknown> = Promise.resolve()
  #ready: Promise<void> | undefined

  private constructor(options: BookOptions) {
    this.#options = options
    this.#listFile = join(options.folder, 'destinations.json')
    this.#latchFile = join(options.folder, 'latch.json')
    this.#configured = options.configured.map((entry, position) =>
      entryOf(entry, 'configuration', `dst_configured-${String(position + 1).padStart(3, '0')}`),
    )
  }

  static async open(options: BookOptions): Promise<Book> {
    const book = new Book(options)
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    const list = await readState(book.#listFile, ListFile)
    if (list.kind === 'whole') book.#allowed = list.value.destinations
    const latch = await readState(book.#latchFile, z.discriminatedUnion('off', [LatchFile, OpenFile]))
    if (latch.kind === 'whole' && latch.value.off) {
      book.#latch = { off: true, since: latch.value.since, reason: latch.value.reason }
    }
    const damaged = [list, latch].flatMap((read) => (read.kind === 'damaged' ? [read.why] : []))
    if (damaged.length > 0) {
      book.#damage = `${damaged.join('. ')}. Nothing leaves until the operator has moved it away and started the airlock again.`
      options.log.error({ damage: book.#damage }, 'nothing is let out')
    }
    return book
  }

  get listing(): DestinationListing {
    return {
      latch: this.#latch,
      destinations: [...this.#configured, ...this.#allowed],
      ...(this.#damage === undefined ? {} : { damage: this.#damage }),
    }
  }

  /** The entry that admits a request. Throws `egress_off`, or `egress_denied` with the command that would allow it. */
  admit(aim: Aim): Destination {
    this.#assertOpen()
    const match = findDestination(this.listing.destinations, aim)
    const http = aim.scheme === 'http' ? '--http ' : ''
    const command = `${http}${loopbackOf(aim.host)}${aim.host}${portOf(aim.port)}`
    return admitted(match, `${aim.method} ${aim.scheme}://${aim.host}${portOf(aim.port)}`, command)
  }

  /** The entry that admits a tunnel; as {@link admit}. */
  admitTunnel(host: string, port: number): Destination {
    this.#assertOpen()
    const match = findTunnel(this.listing.destinations, host, port)
    return admitted(match, `A tunnel to ${host}:${port}`, `${loopbackOf(host)}${host}${portOf(port)}`)
  }

  /** Throws `invalid_arguments` (certificates), `conflict` (it is there already, or too many are), `egress_unrecorded`. */
  allow(request: z.output<typeof DestinationRequest>): Promise<DestinationChange> {
    return this.#inTurn(async () => {
      this.#assertUndamaged()
      if (request.ca !== undefined) assertCertificates(request.ca)
      const destination = entryOf(request, 'operator', `dst_${randomBytes(9).toString('base64url')}`)
      const twin = this.listing.destinations.find((other) => sameRule(other, destination))
      if (twin !== undefined) throw new CastellanError('conflict', `The list has this already, as ${twin.id}.`)
      if (this.#allowed.length >= MAX_ENTRIES) {
        throw new CastellanError('conflict', `The list holds ${MAX_ENTRIES} entries and takes no more. Take some away.`)
      }
      const index = await this.#options.recorder.before({
        ...recordOf(destination),
        type: 'egress_allowed',
        from: 'operator',
      })
      const next = [...this.#allowed, destination]
      await writeState(this.#listFile, { version: 1, destinations: next })
      this.#allowed = next
      return { destination, index }
    })
  }

  /** Takes an entry away and ends what goes by it. Throws `not_found`, `conflict` (it is the configuration's), `egress_unrecorded`. */
  remove(id: string): Promise<DestinationChange> {
    return this.#inTurn(async () => {
      this.#assertUndamaged()
      const destination = this.listing.destinations.find((entry) => entry.id === id)
      if (destination === undefined) throw new CastellanError('not_found', `The list has no entry ${id}.`)
      if (destination.from === 'configuration') {
        throw new CastellanError(
          'conflict',
          `${id} comes from the airlock's configuration. Take it away there (airlock.allow) and start again.`,
        )
      }
      const index = await this.#options.recorder.before({ ...recordOf(destination), type: 'egress_disallowed' })
      const next = this.#allowed.filter((entry) => entry !== destination)
      await writeState(this.#listFile, { version: 1, destinations: next })
      this.#allowed = next
      this.#options.onClosed(new CastellanError('egress_denied', `${destination.host} was taken off the list.`), id)
      return { destination, index }
    })
  }

  /** Opening needs the ledger; shutting never waits for it. */
  turn(request: LatchRequest): Promise<LatchChange> {
    return this.#inTurn(() => (request.off ? this.#shut(request.reason) : this.#open()))
  }

  /**
   * What the configuration allows is on record, once for each start: wait for it before anything is admitted. Throws
   * `egress_unrecorded`, and tries again when asked again.
   */
  ready(): Promise<void> {
    this.#ready ??= this.#recordConfigured().catch((error: unknown) => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  async #recordConfigured(): Promise<void> {
    for (const destination of this.#configured) {
      await this.#options.recorder.before({ ...recordOf(destination), type: 'egress_allowed', from: 'configuration' })
    }
  }

  async #shut(reason: string): Promise<LatchChange> {
    const { recorder, onClosed } = this.#options
    const latch: AirlockLatch = { off: true, since: new Date().toISOString(), reason }
    this.#latch = latch
    onClosed(offError(latch))
    const written = await writeState(this.#latchFile, { version: 1, ...latch }).then(
      () => undefined,
      (error: Error) => `It is shut only until the airlock is started again: ${error.message}`,
    )
    const recorded = await recorder.before({ type: 'egress_shut', reason }).catch((error: Error) => error)
    const unrecorded =
      recorded instanceof Error ? `It is shut, and the ledger does not say so: ${recorded.message}` : undefined
    const message = [written, unrecorded].filter((sentence) => sentence !== undefined).join(' ')
    return { latch, index: recorded instanceof Error ? null : recorded, ...(message === '' ? {} : { message }) }
  }

  async #open(): Promise<LatchChange> {
    this.#assertUndamaged()
    const latch: AirlockLatch = { off: false }
    const index = await this.#options.recorder.before({ type: 'egress_opened' })
    await writeState(this.#latchFile, { version: 1, ...latch })
    this.#latch = latch
    return { latch, index }
  }

  #assertOpen(): void {
    if (this.#latch.off) throw offError(this.#latch)
    if (this.#damage !== undefined) throw new CastellanError('egress_denied', this.#damage)
  }

  #assertUndamaged(): void {
    if (this.#damage !== undefined) throw new CastellanError('conflict', this.#damage)
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

function entryOf(
  { port, ...request }: z.output<typeof DestinationRequest>,
  from: Destination['from'],
  id: string,
): Destination {
  return {
    ...request,
    id,
    port: port ?? (request.scheme === 'https' ? 443 : 80),
    from,
    added_at: new Date().toISOString(),
  }
}

function recordOf({
  id,
  host,
  scheme,
  port,
  reach,
}: Destination): Omit<Extract<EgressRecord, { type: 'egress_disallowed' }>, 'type'> {
  return { destination: id, host, scheme, port, reach }
}

function sameRule(left: Destination, right: Destination): boolean {
  const rule = ({ host, scheme, port, methods, path, reach, ca, per_minute }: Destination): string =>
    JSON.stringify([host, scheme, port, methods?.toSorted() ?? null, path, reach, ca ?? null, per_minute])
  return rule(left) === rule(right)
}

function admitted(match: Match, what: string, command: string): Destination {
  if ('destination' in match) return match.destination
  throw new CastellanError(
    'egress_denied',
    `${what} is not let out: ${match.refusal}. The operator can allow it: agentctl airlock allow ${command}`,
  )
}

function offError(latch: AirlockLatch): CastellanError {
  const why = latch.off ? ` (${latch.reason})` : ''
  return new CastellanError('egress_off', `The airlock is shut${why}. The operator opens it: agentctl airlock on`)
}

/** The name that is this machine by definition (RFC 6761). */
function loopbackOf(host: string): string {
  return host === 'localhost' || host.endsWith('.localhost') ? '--loopback ' : ''
}

function portOf(port: number): string {
  return port === 443 ? '' : `:${port}`
}
