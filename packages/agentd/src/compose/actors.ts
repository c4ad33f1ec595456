/** Who acts in the ledger where no agent does. */
export const SYSTEM = { kind: 'system', name: 'agentd' } as const
export const OPERATOR = { kind: 'operator', name: 'operator' } as const
