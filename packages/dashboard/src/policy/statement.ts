/** What somebody confirmed about the policy: the contracts' `PolicyStatement`. */
export interface PolicyWord {
  readonly act: 'try' | 'save' | 'revoke'
  readonly about: string
  readonly policy: string
  readonly loaded: number
  readonly before?: string | null
  readonly after?: string | null
  readonly becomes?: string
  readonly at: string
}

/** The exact text that agentd checks, the contracts' `policyStatement`, made here of what is on the screen. */
export function policyStatement({ act, about, policy, loaded, before, after, becomes, at }: PolicyWord): string {
  const digests = [before, after, becomes].map((digest) => digest ?? 'none')
  return ['castellan policy v1', act, about, policy, String(loaded), ...digests, at, ''].join('\n')
}
