import { createHash, randomBytes } from 'node:crypto'
import { type Attestation, attestationText, CastellanError, type RunningSet, Sha256Hex } from '@castellan/contracts'
import { z } from 'zod'
import type { Raises } from '../incidents/sighting.ts'
import type { Recorder } from '../ledger/recorder.ts'
import { Schedule } from '../state/schedule.ts'
import type { StateFile } from '../state/state-file.ts'
import { pcrDigest, quoteProblem } from './quote.ts'
import type { Tpm } from './tpm.ts'

/** What the machine was when it was quoted first, or after a switch. */
export const ReferenceFile = z.strictObject({
  version: z.literal(1),
  system: z.string().nullable(),
  public_key: z.string(),
  pcr_digest: Sha256Hex,
})

export interface AttestorParts {
  readonly tpm: Pick<Tpm, 'quote'> | undefined
  readonly runningSet: () => Promise<RunningSet>
  readonly file: StateFile<typeof ReferenceFile>
  readonly ledger: Pick<Recorder, 'append'>
  readonly incidents: Raises
  /** Whether what runs is what the integrity baseline says: then a system that a switch brought is a new reference. */
  readonly isIntact: () => Promise<boolean>
  readonly everyMs: number
  readonly onError: (error: unknown) => void
}

/** Has the TPM vouch for what this machine booted and runs, for a peer that asks, and for itself every so often. */
export class Attestor {
  readonly #parts: AttestorParts
  readonly #checking: Schedule

  constructor(parts: AttestorParts) {
    this.#parts = parts
    this.#checking = new Schedule(parts.everyMs, async () => void (await this.check()), parts.onError)
  }

  start(): void {
    if (this.#parts.tpm !== undefined) this.#checking.start()
  }

  stop(): Promise<void> {
    return this.#checking.stop()
  }

  /** Throws `unsupported_host` without a TPM. */
  async attest(nonce: string): Promise<Attestation> {
    const { tpm, runningSet } = this.#parts
    if (tpm === undefined) {
      throw new CastellanError(
        'unsupported_host',
        'This machine has no TPM 2.0 that agentd can use: there has to be /dev/tpmrm0, and Debian’s tpm2-tools.',
      )
    }
    const set = await runningSet()
    const extraData = createHash('sha256').update(attestationText(nonce, set)).digest()
    return { at: new Date().toISOString(), nonce, set, ...(await tpm.quote(extraData)) }
  }

  /**
   * Quotes, verifies the quote as a peer would, and compares with the reference. Answers why the machine cannot prove what it runs;
   * null where it can, or has no TPM. A failure is an incident and an entry.
   */
  async check(): Promise<string | null> {
    if (this.#parts.tpm === undefined) return null
    const nonce = randomBytes(32).toString('hex')
    const attestation = await this.attest(nonce).catch((error: Error) => error)
    const problem =
      attestation instanceof Error
        ? `The TPM refuses to quote: ${attestation.message}`
        : await this.#problem(attestation, nonce)
    if (problem !== null)
      this.#parts.incidents.raise({ class: 'attestation_failure', subject: 'tpm', summary: problem })
    return problem
  }

  /** Makes what the machine is now the reference, because the operator says so. Nothing without a TPM, or where it does not quote. */
  async accept(): Promise<void> {
    if (this.#parts.tpm === undefined) return
    const nonce = randomBytes(32).toString('hex')
    const attestation = await this.attest(nonce).catch(() => undefined)
    if (attestation === undefined || quoteProblem(attestation, nonce) !== null) return
    await this.#remember(referenceOf(attestation), 'accepted')
  }

  async #problem(attestation: Attestation, nonce: string): Promise<string | null> {
    const { file } = this.#parts
    const wrong = quoteProblem(attestation, nonce)
    if (wrong !== null) return wrong
    const found = referenceOf(attestation)
    const reference = await file.load()
    if (reference === undefined) return this.#remember(found, 'first')
    if (reference.public_key !== found.public_key)
      return 'The TPM signs with another key than before: it is another one, or its owner’s seed was changed.'
    if (reference.pcr_digest === found.pcr_digest) return null
    const switched = reference.system !== found.system && (await this.#parts.isIntact())
    if (switched) return this.#remember(found, 'switch')
    return 'The machine booted something else than before, and no switch of the system tells of it.'
  }

  async #remember(reference: z.infer<typeof ReferenceFile>, why: string): Promise<null> {
    const { file, ledger } = this.#parts
    const key = createHash('sha256').update(reference.public_key).digest('hex')
    const facts = { key, pcrs: reference.pcr_digest, why }
    await ledger.append({ type: 'attested', actor: { kind: 'system', name: 'agentd' }, ok: true, facts })
    await file.save(reference)
    return null
  }
}

function referenceOf({ public_key, pcrs, set }: Attestation): z.infer<typeof ReferenceFile> {
  return { version: 1, system: set.system, public_key, pcr_digest: pcrDigest(pcrs) }
}
