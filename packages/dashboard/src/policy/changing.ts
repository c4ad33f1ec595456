import type { changePolicy, tryPolicy } from '@castellan/contracts/api'
import type { Api } from '../api/api.ts'
import { sha256Hex } from '../session/bytes.ts'
import type { Prover } from '../session/signer.ts'
import { signed } from '../session/statement.ts'
import { policyStatement } from './statement.ts'
import type { PolicyView, Trial } from './views.ts'

export interface Written {
  readonly file: string
  readonly text: string | null
}

type InForce = Pick<PolicyView, 'digest' | 'loaded_entry' | 'files'>

/** Has a draft judged; with `signer` over recorded calls as well. */
export async function tryOut(
  api: Api,
  { file, text }: Written,
  { digest, loaded_entry }: InForce,
  { signer, signal }: { readonly signer: Prover | null; readonly signal: AbortSignal },
): Promise<Trial> {
  const after = await digestOf(text)
  const held =
    signer === null || loaded_entry === null
      ? {}
      : {
          word: await signed(signer, { policy: digest, loaded: loaded_entry }, (said) =>
            policyStatement({ act: 'try', about: file, after, ...said }),
          ),
        }
  return api.ask<typeof tryPolicy>('POST', '/api/v1/policy/trial', { body: { file, text, ...held }, signal })
}

/** Saves what was tried, signed over what it replaces and what comes of it. */
export async function save(
  api: Api,
  { file, text }: Written,
  { digest, loaded_entry, files }: InForce,
  { signer, becomes }: { readonly signer: Prover; readonly becomes: string },
): Promise<PolicyView> {
  const before = files.find(({ name }) => name === file)?.sha256 ?? null
  const after = await digestOf(text)
  const named = { policy: digest, loaded: loaded_entry ?? 0 }
  const word = await signed(signer, named, (said) =>
    policyStatement({ act: 'save', about: file, before, after, becomes, ...said }),
  )
  const body = { file, text, before, becomes, word }
  return api.ask<typeof changePolicy>('POST', '/api/v1/policy/change', { body })
}

async function digestOf(text: string | null): Promise<string | null> {
  return text === null ? null : sha256Hex(text)
}
