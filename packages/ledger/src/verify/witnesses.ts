import type { Verifier } from '../note/keys.ts'
import { LogView } from '../view/log-view.ts'
import { askWitness, type Fetch } from '../witness/client.ts'
import { cosignedBy } from '../witness/cosignature.ts'
import { readCosigned } from '../witness/cosigning.ts'
import type { WitnessPolicy } from '../witness/policy.ts'
import type { Findings } from './findings.ts'

export interface WitnessCheck {
  readonly policy: WitnessPolicy
  /** With it the witnesses themselves are asked; without it only cosignatures that were kept are checked. */
  readonly fetch?: Fetch
}

/** The cosigned checkpoint in the key folder: signed by the log, cosigned by a quorum. Returns its head to compare with. */
export async function checkCosigned(
  keyDir: string,
  keys: readonly Verifier[],
  policy: WitnessPolicy,
  findings: Findings,
  notes: string[],
) {
  try {
    const cosigned = await readCosigned(keyDir, keys)
    if (cosigned === null) {
      if (policy.quorum !== 'none') notes.push('No checkpoint was cosigned by the policy\u2019s quorum yet.')
      return null
    }
    const witnesses = cosignedBy(cosigned.checkpoint, policy)
    if (!policy.met(witnesses)) {
      findings.add({
        kind: 'witness',
        message: `The kept checkpoint of ${cosigned.checkpoint.size} entries has ${witnesses.length} cosignatures; that does not meet quorum ${policy.quorum}.`,
      })
    }
    return cosigned.checkpoint
  } catch (error) {
    findings.add({
      kind: 'witness',
      message: `The kept cosigned checkpoint does not hold: ${error instanceof Error ? error.message : String(error)}`,
    })
    return null
  }
}

/** Asks each witness whether the published log continues what it has seen. */
export async function askWitnesses(
  dir: string,
  { policy, fetch }: WitnessCheck,
  findings: Findings,
  notes: string[],
): Promise<void> {
  if (fetch === undefined) return
  const view = await LogView.open(dir)
  for (const witness of policy.witnesses) {
    const prove = (from: number) => view.proveConsistency(from)
    const outcome = await askWitness(witness, { checkpoint: view.checkpointText, seen: 0, prove, fetch })
    if (outcome.kind === 'unavailable') notes.push(outcome.message)
    if (outcome.kind === 'ahead') {
      const message = `Witness ${witness.name} has seen ${outcome.size} entries, the published log has ${view.size}: it was cut off or an older copy was put back.`
      findings.add({ kind: 'rolled_back', index: view.size, message })
    }
    if (outcome.kind === 'inconsistent') {
      const message = `Witness ${witness.name} has seen another history of ${outcome.seen} entries: this log was rewritten.`
      findings.add({ kind: 'forked', index: 0, message })
    }
  }
}
