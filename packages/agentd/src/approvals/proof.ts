import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  type Approval,
  type ApprovalDecision,
  type ApprovalProof,
  approvalSigningText,
  CastellanError,
  type OperatorKey,
  PreviousToken,
  previousTokenFile,
} from '@castellan/contracts'
import type { Operators } from '../operators/operators.ts'
import type { Decider } from './lifecycle.ts'

/**
 * Finds out who stands behind a decision that came over agent.sock. The proof covers the verdict and every field of the
 * call, so whoever carries it can change nothing, and each approval's own nonce keeps it from serving twice.
 */
export class Proofs {
  readonly #operators: Operators
  readonly #tokenFile: string | undefined

  /** Without `tokenFile` the owner's token approves nothing. */
  constructor(operators: Operators, tokenFile: string | undefined) {
    this.#operators = operators
    this.#tokenFile = tokenFile
  }

  /** Throws `unauthorized`, `operator_unknown`, `signature_invalid` or `approval_no_rule`. */
  async decider(approval: Approval, { verdict, proof }: ApprovalDecision): Promise<Decider> {
    if (verdict === 'always' && !approval.always.possible) {
      throw new CastellanError('approval_no_rule', `${approval.always.reason} Approve this one call, or deny it.`)
    }
    return this.standsBehind(approvalSigningText(verdict, approval), proof)
  }

  /** Who proved to stand behind a text. Throws `unauthorized`, `operator_unknown` or `signature_invalid`. */
  async standsBehind(text: string, proof: ApprovalProof | undefined): Promise<Decider> {
    switch (proof?.kind) {
      case 'signature':
        return withKey(await this.#operators.checkSignature(proof.key_id, text, proof.signature))
      case 'passkey':
        return withKey(await this.#operators.checkPasskey(proof.key_id, text, proof.assertion))
      case 'owner_token': {
        const mac = Buffer.from(proof.mac, 'hex')
        if ((await this.#ownerTokens()).some((token) => timingSafeEqual(macOf(token, text), mac))) return OWNER_TOKEN
        throw new CastellanError(
          'signature_invalid',
          'The proof is not for this decision about this call. Nothing was decided.',
        )
      }
      case undefined:
        throw new CastellanError(
          'unauthorized',
          'A decision on agent.sock needs a proof by an operator key. `agentctl approve` and `deny` need none.',
        )
    }
  }

  /** The token, and the one before it while both are good. Read each time, so that a replaced token counts at once. */
  async #ownerTokens(): Promise<readonly string[]> {
    if (this.#tokenFile === undefined) {
      throw new CastellanError(
        'signature_invalid',
        "The owner's token does not approve calls here; use an operator key.",
      )
    }
    const previous = await readPrevious(previousTokenFile(this.#tokenFile))
    const token = await readFile(this.#tokenFile, 'utf8').catch((cause: unknown) => {
      throw new CastellanError('signature_invalid', "The owner's token cannot be read, so it approves nothing.", {
        cause,
      })
    })
    // An empty key would make a MAC that anybody can make.
    if (token.trim() !== '') return [token.trim(), ...previous]
    throw new CastellanError('signature_invalid', "The file of the owner's token is empty, so it approves nothing.")
  }
}

function macOf(token: string, text: string): Buffer {
  return createHmac('sha256', token).update(text).digest()
}

/** The token before the last rotation, if it is still good. What makes no sense is none. */
async function readPrevious(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const previous = PreviousToken.safeParse(asJson(text))
  if (!previous.success || Date.parse(previous.data.valid_until) <= Date.now()) return []
  return previous.data.token === '' ? [] : [previous.data.token]
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whoever holds the token is the owner; a token that a gateway keeps in memory says yes to one call at a time. */
const OWNER_TOKEN: Decider = { name: "owner's token", person: 'owner', mayAlways: false }

/** Root on operator.sock: the kernel vouches, no proof is needed. */
export const ROOT: Decider = { name: 'operator', person: 'owner', mayAlways: true }

function withKey({ key_id, name, person }: OperatorKey): Decider {
  return { name, person, key: key_id, mayAlways: true }
}
