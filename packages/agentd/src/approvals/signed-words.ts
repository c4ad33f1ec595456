import type { ApprovalProof } from '@castellan/contracts'
import type { CallParts } from '../calls/path.ts'
import { Fresh } from './fresh.ts'
import type { Decider } from './lifecycle.ts'
import type { Proofs } from './proof.ts'

/** Words of operators that came over agent.sock and are no approval: each is a text with a time, signed, and serves once. */
export class SignedWords {
  readonly #proofs: Proofs
  readonly #refusals: CallParts['refusals']
  readonly #fresh = new Fresh()

  constructor(proofs: Proofs, refusals: CallParts['refusals']) {
    this.#proofs = proofs
    this.#refusals = refusals
  }

  /**
   * Who stands behind `text`, which has to contain `at`. `about` says what it is for, for the incident that forgery is. Throws
   * `unauthorized`, `operator_unknown`, or `signature_invalid`, also for what was used before or is more than five minutes old.
   */
  async signer(
    text: string,
    { at, proof }: { readonly at: string; readonly proof: ApprovalProof },
    about: string,
  ): Promise<Decider> {
    try {
      const signer = await this.#proofs.standsBehind(text, proof)
      this.#fresh.use(text, Date.parse(at))
      return signer
    } catch (error) {
      // A proof that does not fit was made by somebody else than it says.
      this.#refusals.note(error, about)
      throw error
    }
  }
}
