import type { BudgetLimits, CallOrigin, CapabilityId, CapabilityRights } from '@castellan/contracts'

/** A capability that is wanted. */
export interface CapabilityRequest {
  readonly rights: CapabilityRights
  /** How much it may use up in all; what is not named is limited by its parents and its session alone. */
  readonly limits: BudgetLimits
  /** Seconds until it expires. */
  readonly lifeSeconds: number
}

/** A capability as whoever asked for it gets it. */
export interface MintedCapability {
  readonly token: string
  readonly id: CapabilityId
  /** Root first. */
  readonly ancestors: readonly CapabilityId[]
  /** Milliseconds since 1970; with a parent, never after the parent's own end. */
  readonly expires: number
}

/** Handing on rights. agentd's `sessions/` provides it. */
export interface CapabilityPort {
  /**
   * A capability for the session and the agent of this call; where the call itself came with one, a part of that. Throws
   * `capability_widens` and `rate_limited`.
   */
  mint(request: CapabilityRequest, call: CallOrigin): Promise<MintedCapability>
}
