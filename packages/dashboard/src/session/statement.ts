import type { RecoveryStepName } from '@castellan/contracts'
import type { Proof, Prover } from './signer.ts'

/**
 * What somebody confirmed, with their word under it: a body for one of the operations that take a signed word. `text` makes the exact text that
 * agentd checks, here, of what was confirmed: this page never signs a text that it was given.
 */
export async function signed<Said extends object>(
  signer: Prover,
  said: Said,
  text: (stated: Said & { readonly at: string }) => string,
): Promise<Said & { readonly at: string } & Proof> {
  const stated = { ...said, at: new Date().toISOString() }
  return { ...stated, ...(await signer.prove(text(stated))) }
}

export interface Emergency {
  readonly reason: string
  readonly at: string
  /** Of the freeze that is ended; absent where one begins. */
  readonly freeze?: string
}

/** To freeze or thaw: the contracts' `emergencyText`. */
export function emergencyStatement({ reason, at, freeze }: Emergency): string {
  const act = freeze === undefined ? ['freeze'] : ['thaw', freeze]
  return ['castellan emergency v1', ...act, JSON.stringify(reason), at, ''].join('\n')
}

export interface KeyWord {
  readonly at: string
  /** The key's new name; absent where it is removed. */
  readonly name?: string
}

/** To rename or remove an operator key: the contracts' `operatorKeyText`. */
export function operatorKeyStatement(keyId: string, { at, name }: KeyWord): string {
  const act = name === undefined ? ['remove', keyId] : ['rename', keyId, JSON.stringify(name)]
  return ['castellan operator key v1', ...act, at, ''].join('\n')
}

export interface RecoveryWord {
  readonly step: RecoveryStepName
  readonly force: boolean
  readonly reason: string
  readonly at: string
}

/** To take one step back from an incident: the contracts' `recoveryText`. */
export function recoveryStatement(incident: string, { step, force, reason, at }: RecoveryWord): string {
  const how = force ? 'forced' : 'checked'
  return ['castellan recovery v1', incident, step, how, JSON.stringify(reason), at, ''].join('\n')
}
