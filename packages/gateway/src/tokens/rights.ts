import { type AgentName, CastellanError } from '@castellan/contracts'
import { type Operation, SCOPES, type Scope, type TokenScope } from '@castellan/contracts/api'

/** What a caller may do. */
export interface Rights {
  /** The highest it has; each scope includes those before it. */
  readonly scope: Scope
  /** Whether it may carry a decision about an approval. What decides is never the caller: an operator's key signs it. */
  readonly carriesApprovals: boolean
  /** The one agent it may speak with; null: any. */
  readonly agent: AgentName | null
}

/** Whoever is the owner here: the owner's token, and the page. */
export const ALL_RIGHTS: Rights = { scope: 'admin', carriesApprovals: true, agent: null }

export function hasScope({ scope }: Pick<Rights, 'scope'>, wanted: Scope): boolean {
  return SCOPES.indexOf(scope) >= SCOPES.indexOf(wanted)
}

/** Throws `forbidden`, naming the scope that would do. */
export function requireScope(rights: Pick<Rights, 'scope'>, wanted: Scope): void {
  if (hasScope(rights, wanted)) return
  throw new CastellanError(
    'forbidden',
    `This needs the scope ${wanted}; your token has ${rights.scope}. Use a token that has it: agentctl token create --scope ${wanted}`,
  )
}

/** Throws `forbidden` where a token is bound to another agent. */
export function requireAgent(rights: Pick<Rights, 'agent'>, agent: string): void {
  if (rights.agent === null || rights.agent === agent) return
  throw new CastellanError(
    'forbidden',
    `This token is for the agent ${rights.agent} alone; use another token to speak with ${agent}.`,
  )
}

/** Throws `forbidden` where a token that is for one agent asks for what is about the whole server: with that it could be any. */
export function requireReach({ agent }: Pick<Rights, 'agent'>, operation: Operation | undefined): void {
  if (agent === null || operation === undefined || operation.ofOneAgent === true) return
  if (operation.scope !== 'admin' && operation.tag !== 'policy') return
  throw new CastellanError(
    'forbidden',
    `This token is for the agent ${agent} alone, and ${operation.id} is about the whole server; use a token that is bound to no agent.`,
  )
}

/** Whether a caller may see what that agent did, or was asked about. */
export function mayReadOf(rights: Pick<Rights, 'agent'>, agent: string): boolean {
  return rights.agent === null || rights.agent === agent
}

/** Throws `forbidden` where a token that is for one agent asks for what all of them do. */
export function requireServer({ agent }: Pick<Rights, 'agent'>): void {
  if (agent === null) return
  throw new CastellanError(
    'forbidden',
    `This token is for the agent ${agent} alone, and the ledger tells of everything; use a token that is bound to no agent.`,
  )
}

/** Throws `forbidden` for a caller that may not even carry a decision. */
export function requireCarrying(rights: Pick<Rights, 'carriesApprovals'>): void {
  if (rights.carriesApprovals) return
  throw new CastellanError(
    'forbidden',
    'This token has approve-never: it carries no decision about an approval, whoever signed it. Use the page or agentctl.',
  )
}

/** Throws `forbidden` where a caller would get, through another token, more than it has. */
export function refuseMore(caller: Rights, wanted: Rights): void {
  requireScope(caller, wanted.scope)
  if (wanted.carriesApprovals && !caller.carriesApprovals) {
    throw new CastellanError('forbidden', 'Your token has approve-never, so the other one has to have it too.')
  }
  if (caller.agent !== null && wanted.agent !== caller.agent) {
    throw new CastellanError(
      'forbidden',
      `Your token is for the agent ${caller.agent}, so the other one has to be too.`,
    )
  }
}

/** The rights that a token's list of scopes stands for. */
export function rightsOf(scopes: readonly TokenScope[], agent: AgentName | null): Rights {
  const scope = SCOPES.findLast((step) => scopes.includes(step))
  if (scope === undefined) throw new TypeError('a token without a scope')
  return { scope, carriesApprovals: !scopes.includes('approve-never'), agent }
}
