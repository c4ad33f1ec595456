import type { EngineKind } from '@castellan/contracts'
import { engine as words } from '../strings/engine.ts'
import { knownProvider } from './prefix.ts'
import type { CredentialView, EngineView } from './views.ts'

type Dialect = 'openai' | 'anthropic'

/** How an engine speaks; null for the one that asks nobody. OpenClaw speaks as it is told. */
export function dialectOf(kind: EngineKind, openclaw: Dialect): Dialect | null {
  switch (kind) {
    case 'llama':
      return null
    case 'openai':
      return 'openai'
    case 'openclaw':
      return openclaw
    case 'anthropic':
    case 'claude-code':
      return 'anthropic'
  }
}

/** Why this credential cannot pay for this engine, as a sentence; null where it can. */
export function credentialMisfit(
  { engine, title, supported_auth }: Pick<EngineView, 'engine' | 'title' | 'supported_auth'>,
  dialect: Dialect,
  { auth, state, provider, base_url }: Pick<CredentialView, 'auth' | 'state' | 'provider' | 'base_url'>,
): string | null {
  if (engine === 'llama') return words.misfit.none
  if (state === 'revoked') return words.misfit.revoked
  if (!supported_auth.includes(auth)) {
    const taken = supported_auth.filter((kind) => kind !== 'none').map((kind) => words.auth[kind])
    return words.misfit.auth(title, words.auth[auth], taken)
  }
  const spoken = base_url === null ? knownProvider(provider) : undefined
  return spoken === undefined || spoken.dialect === dialect ? null : words.misfit.dialect(spoken.title)
}

/** Why this engine cannot be chosen now; null where it can. One that still loads will be there when it is wanted. */
export function engineMisfit({ state, problem }: Pick<EngineView, 'state' | 'problem'>): string | null {
  if (state === 'ready' || state === 'loading') return null
  return problem?.message ?? words.condition[state]
}
