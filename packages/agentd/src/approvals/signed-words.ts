import { type ApprovalProof, CastellanError, type OperatorKeyId } from '@castellan/contracts'
import type { CallParts } from '../calls/path.ts'
import { Fresh } from './fresh.ts'
import type { Decider } from './lifecycle.ts'
import type { Proofs } from './proof.ts'

/** Whoever signed with a key, which can be taken from them. */
export type Signer = Decider & { readonly key: OperatorKeyId }

/**
 * Words of operators that came over agent.sock and are no approval: each is a text with a time, signed, and serves once. A key signs
 * them: the owner's token, which a gateway may hold in its memory, says yes to single calls and undoes no stop, no containment, no rule.
 */
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
   * `unauthorized`, `operator_unknown`, `forbidden` for the owner's token, or `signature_invalid`, also for what was used before, is
   * more than five minutes old, or was signed before agentd started: what was used before that, nobody remembers.
   */
  async signer(
    text: string,
    { at, proof }: { readonly at: string; readonly proof: ApprovalProof },
    about: string,
  ): Promise<Signer> {
    try {
      const { key, ...signer } = await this.#proofs.standsBehind(text, proof)
      if (key === undefined) {
        throw new CastellanError(
          'forbidden',
          "The owner's token says yes to single calls and to nothing else here. Sign with an operator key.",
        )
      }
      this.#fresh.use(text, Date.parse(at))
      return { ...signer, key }
    } catch (error) {
      // A proof that does not fit was made by somebody else than it says.
      this.#refusals.note(error, about)
      throw error
    }
  }
}
