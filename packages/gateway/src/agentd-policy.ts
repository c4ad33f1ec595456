import {
  type PolicyChangeRequest,
  type PolicyExplainRequest,
  PolicyExplanation,
  type PolicyRevocationRequest,
  PolicyTrial,
  type PolicyTrialRequest,
  PolicyVersions,
  PolicyView,
} from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'

/** agentd gives a draft a minute, and others may be before it. */
const TRIAL_MS = 5 * 60_000

/** The part of agent.sock that is about policy. Every method throws `agentd_unavailable` when nothing answers, and what agentd refuses with. */
export class AgentdPolicy {
  readonly #client: UnixClient

  constructor(client: UnixClient) {
    this.#client = client
  }

  view(signal: AbortSignal): Promise<PolicyView> {
    return this.#client.request('GET', '/v1/policy', { schema: PolicyView, signal })
  }

  versions(file: string, signal: AbortSignal): Promise<PolicyVersions> {
    const path = `/v1/policy/versions?file=${encodeURIComponent(file)}`
    return this.#client.request('GET', path, { schema: PolicyVersions, signal })
  }

  explain(body: PolicyExplainRequest, signal: AbortSignal): Promise<PolicyExplanation> {
    return this.#client.request('POST', '/v1/policy/explain', { body, schema: PolicyExplanation, signal })
  }

  try(body: PolicyTrialRequest, signal: AbortSignal): Promise<PolicyTrial> {
    return this.#client.request('POST', '/v1/policy/trial', { body, schema: PolicyTrial, signal, timeoutMs: TRIAL_MS })
  }

  change(body: PolicyChangeRequest): Promise<PolicyView> {
    return this.#client.request('POST', '/v1/policy/change', { body, schema: PolicyView, timeoutMs: TRIAL_MS })
  }

  revoke(body: PolicyRevocationRequest): Promise<PolicyView> {
    return this.#client.request('POST', '/v1/policy/revocation', { body, schema: PolicyView })
  }
}
