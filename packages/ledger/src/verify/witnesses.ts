import type { Checkpoint } from '../note/checkpoint.ts'
import type { Verifier } from '../note/keys.ts'
import { askWitness, type Fetch } from '../witness/client.ts'
import { cosignedBy } from '../witness/cosignature.ts'
import { readCosigned } from '../witness/cosigning.ts'
import type { Witness, WitnessPolicy } from '../witness/policy.ts'
import type { Findings } from './findings.ts'
import { publishedSince, type WalkedHead } from './walked-tree.ts'

export interface WitnessCheck {
  readonly policy: WitnessPolicy
  /** With it the witnesses themselves are asked; without it only cosignatures that were kept are checked. */
  readonly fetch?: Fetch
}

/** The cosigned checkpoint in the key folder, signed by the log: its head is to be compared with the log. */
export async function checkCosigned(
  keyDir: string,
  keys: readonly Verifier[],
  findings: Findings,
): Promise<Checkpoint | null> {
  try {
    return (await readCosigned(keyDir, keys))?.checkpoint ?? null
  } catch (error) {
    findings.add({
      kind: 'witness',
      message: `The kept cosigned checkpoint does not hold: ${error instanceof Error ? error.message : String(error)}`,
    })
    return null
  }
}

/** A policy that names logs accepts no other: one of the log's own keys has to be among them. */
export function checkLogKey(keys: readonly Verifier[], { logs }: WitnessPolicy, findings: Findings): void {
  if (logs.length === 0 || logs.some(({ verifier }) => keys.some(({ vkey }) => vkey === verifier.vkey))) return
  const message = `The log is signed by ${keys.at(-1)?.vkey}; the witness policy names other logs only.`
  findings.add({ kind: 'foreign_key', message })
}

/**
 * Holds the log to the policy: what was kept, or what the witnesses answer now, has to meet its quorum. Silence is no
 * consent: whoever can rewrite a log can also keep its witnesses from answering.
 */
export async function judgeWitnesses(
  dir: string,
  head: WalkedHead | null,
  { policy, fetch }: WitnessCheck,
  cosigned: Checkpoint | null,
  findings: Findings,
  notes: string[],
): Promise<void> {
  const kept = cosigned === null ? [] : cosignedBy(cosigned, policy)
  const answered = fetch === undefined ? [] : await askWitnesses(dir, head, policy, fetch, findings, notes)
  if (policy.met(kept) || policy.met(answered)) return
  const asked =
    fetch === undefined ? 'none was asked' : `${answered.length} of ${policy.witnesses.length} cosign it now`
  findings.add({
    kind: 'witness',
    message: `Quorum ${policy.quorum} is not met: ${kept.length} cosignatures were kept, ${asked}.`,
  })
}

/** Asks each witness whether the log continues what it has seen; returns those that cosign it. */
async function askWitnesses(
  dir: string,
  head: WalkedHead | null,
  policy: WitnessPolicy,
  fetch: Fetch,
  findings: Findings,
  notes: string[],
): Promise<string[]> {
  const cosigned: string[] = []
  if (head === null) {
    notes.push('The witnesses were not asked: the log has no signed head that they could cosign.')
    return cosigned
  }
  const ask = (witness: Witness, { checkpoint, proveConsistency: prove }: WalkedHead) =>
    askWitness(witness, { checkpoint, seen: 0, prove, fetch })
  const { size } = head
  for (const witness of policy.witnesses) {
    let outcome = await ask(witness, head)
    if (outcome.kind === 'ahead') {
      const newer = await publishedSince(dir, head)
      if (newer !== null) outcome = await ask(witness, newer)
    }
    if (outcome.kind === 'cosigned') cosigned.push(witness.name)
    if (outcome.kind === 'unavailable') notes.push(outcome.message)
    if (outcome.kind === 'ahead') {
      const message = `Witness ${witness.name} has seen ${outcome.size} entries, the log has ${size}: it was cut off or an older copy was put back.`
      findings.add({ kind: 'rolled_back', index: size, message })
    }
    if (outcome.kind === 'inconsistent') {
      const message = `Witness ${witness.name} has seen another history of ${outcome.seen} entries: this log was rewritten.`
      findings.add({ kind: 'forked', index: 0, message })
    }
  }
  return cosigned
}
