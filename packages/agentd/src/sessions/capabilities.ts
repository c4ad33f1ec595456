import {
  type AgentName,
  type CallOrigin,
  type CapabilityId,
  type CapabilityRights,
  type CapabilityView,
  CastellanError,
  newId,
  type SessionId,
} from '@castellan/contracts'
import type { CapabilityRequest, MintedCapability } from '../host/capabilities.ts'
import type { Recorder } from '../ledger/recorder.ts'
import { resources } from './amounts.ts'
import type { Book } from './book.ts'
import type { Budget } from './budgets.ts'
import { widened } from './rights.ts'
import { type Claims, claimsOf, MAX_DEPTH, tokenOf } from './token.ts'

/** Capabilities that are neither expired nor revoked, at most. */
const MAX_LIVE = 1024

export interface CapabilityParts {
  readonly book: () => Book
  readonly ledger: Pick<Recorder, 'append'>
  /** Signs tokens. */
  readonly key: Buffer
  readonly now: () => number
}

/** Who a capability is for, or who comes with one. */
export interface Bearer {
  readonly session: SessionId
  readonly agent: AgentName
}

/** Rights handed on for a part of a task: never more than whoever hands them on has. */
export class Capabilities {
  readonly #parts: CapabilityParts

  constructor(parts: CapabilityParts) {
    this.#parts = parts
  }

  /**
   * What a token lets its bearer do. Throws `capability_invalid`, `capability_mismatch` for another session or agent,
   * `capability_revoked` and `capability_expired`.
   */
  verify(token: string, { session, agent }: Bearer): Claims {
    const claims = claimsOf(this.#parts.key, token)
    const { id } = lastOf(claims)
    if (claims.session !== session || claims.agent !== agent) {
      const what = claims.session === session ? `agent ${claims.agent}` : 'another session'
      throw new CastellanError('capability_mismatch', `The capability ${id} is for ${what}. Nothing was done.`)
    }
    if (claims.expires <= this.#parts.now()) {
      throw new CastellanError('capability_expired', `The capability ${id} has expired. Mint another one.`)
    }
    if (this.#isRevoked(claims)) {
      throw new CastellanError('capability_revoked', `The capability ${id}, or one it descends from, was revoked.`)
    }
    return claims
  }

  /** Makes a capability, of `parent` where the minting call came with one. Throws `capability_widens` and `rate_limited`. */
  async mint(request: CapabilityRequest, bearer: CallOrigin, parent: Claims | undefined): Promise<MintedCapability> {
    const { book, ledger, key, now } = this.#parts
    refuseWidening(request, parent)
    const live = [...book().capabilities.values()].filter(({ revoked, expires }) => !revoked && expires > now())
    if (live.length >= MAX_LIVE) {
      throw new CastellanError(
        'rate_limited',
        `${MAX_LIVE} capabilities are in use. Revoke some, or wait for them to expire.`,
        {
          retryAfterSeconds: 60,
        },
      )
    }
    const id = newId('cap')
    const expires = Math.min(now() + request.lifeSeconds * 1000, parent?.expires ?? Number.POSITIVE_INFINITY)
    const chain = [...(parent?.chain ?? []), { id, limits: request.limits }]
    const { session, agent } = bearer
    const claims: Claims = { chain, session, agent, rights: request.rights, expires }
    await ledger.append(
      {
        type: 'capability_minted',
        actor: { kind: bearer.caller, name: agent },
        session,
        facts: { capability: chain.map((link) => link.id).join(','), tools: factOfTools(request.rights), expires },
      },
      { rights: request.rights, limits: request.limits },
    )
    return { token: tokenOf(key, claims), id, ancestors: chain.slice(0, -1).map((link) => link.id), expires }
  }

  /** Ends a capability whose token somebody holds, with all that descend from it. Throws `capability_invalid`. */
  async surrender(token: string): Promise<CapabilityId> {
    const claims = claimsOf(this.#parts.key, token)
    const { id } = lastOf(claims)
    if (claims.expires > this.#parts.now() && !this.#isRevoked(claims)) {
      await this.#revoke(id, { kind: 'agent', name: claims.agent }, claims.session)
    }
    return id
  }

  /** Ends a capability by its id. Throws `not_found`. */
  async revoke(id: CapabilityId): Promise<CapabilityId> {
    const record = this.#parts.book().capabilities.get(id)
    if (record === undefined)
      throw new CastellanError('not_found', `There is no capability ${id}, or it expired long ago.`)
    if (!record.revoked) await this.#revoke(id, { kind: 'operator', name: 'operator' }, record.session)
    return id
  }

  /** Newest first. */
  list(): CapabilityView[] {
    const now = this.#parts.now()
    return [...this.#parts.book().capabilities].toReversed().map(([id, record]) => ({
      id,
      ancestors: [...record.ancestors],
      session: record.session,
      agent: record.agent,
      tools: [...record.tools],
      expires_at: new Date(record.expires).toISOString(),
      state: record.revoked ? 'revoked' : record.expires <= now ? 'expired' : 'valid',
    }))
  }

  async #revoke(
    id: CapabilityId,
    actor: { kind: 'agent' | 'operator'; name: string },
    session: SessionId,
  ): Promise<void> {
    await this.#parts.ledger.append({ type: 'capability_revoked', actor, session, facts: { capability: id } })
  }

  /** A capability that agentd does not remember while it is still good never was in its ledger: it counts as revoked. */
  #isRevoked({ chain }: Claims): boolean {
    return chain.some(({ id }) => this.#parts.book().capabilities.get(id)?.revoked ?? true)
  }
}

/** The budgets that a call with this capability counts against, root first. */
export function budgetsOf({ chain }: Claims): Budget[] {
  return chain.map(({ id, limits }) => ({ scope: `capability:${id}`, limits }))
}

export function lastOf({ chain }: Claims): Claims['chain'][number] {
  return chain.at(-1) as Claims['chain'][number]
}

function refuseWidening({ rights, limits }: CapabilityRequest, parent: Claims | undefined): void {
  if (parent === undefined) return
  if (parent.chain.length >= MAX_DEPTH) {
    throw new CastellanError('capability_widens', `Capabilities descend from one another at most ${MAX_DEPTH} times.`)
  }
  const own = lastOf(parent)
  const budgets = resources.filter(
    (resource) => (limits[resource] ?? 0) > (own.limits[resource] ?? Number.POSITIVE_INFINITY),
  )
  const more = [...widened(parent.rights, rights), ...budgets.map((resource) => `${limits[resource]} ${resource}`)]
  if (more.length === 0) return
  throw new CastellanError(
    'capability_widens',
    `A capability cannot give more than the one it is made with, ${own.id}, which does not cover ${more.slice(0, 5).join(', ')}.`,
  )
}

/** As many names as a fact can hold; the payload has them all. */
function factOfTools({ tools }: CapabilityRights): string {
  return tools.slice(0, 30).join(',')
}
