import type { CredentialAuth } from '@castellan/contracts'

/** A provider whose keys can be told by how they begin. The gateway checks it again, and knows the same. */
export interface KnownProvider {
  readonly name: string
  readonly title: string
  /** How its API is spoken to. */
  readonly dialect: 'openai' | 'anthropic'
  readonly prefix: Partial<Record<CredentialAuth, string>>
}

/** OpenAI last: the beginning of its keys is also that of the others'. */
export const KNOWN: readonly KnownProvider[] = [
  {
    name: 'anthropic',
    title: 'Anthropic',
    dialect: 'anthropic',
    prefix: { api_key: 'sk-ant-api', oauth_token: 'sk-ant-oat' },
  },
  { name: 'openrouter', title: 'OpenRouter', dialect: 'openai', prefix: { api_key: 'sk-or-' } },
  { name: 'openai', title: 'OpenAI', dialect: 'openai', prefix: { api_key: 'sk-' } },
]

export function knownProvider(name: string): KnownProvider | undefined {
  return KNOWN.find((provider) => provider.name === name)
}

export type PrefixVerdict =
  | { readonly kind: 'empty' | 'good' | 'untold' }
  /** `looksLike`: whose it seems to be. */
  | { readonly kind: 'wrong'; readonly wanted: string; readonly looksLike: string | null }
  | { readonly kind: 'no_such_auth'; readonly wanted: CredentialAuth }

/** What can be told of a secret before it is sent anywhere. With an address of its own it is that server's affair. */
export function judgePrefix(provider: string, auth: CredentialAuth, baseUrl: string, secret: string): PrefixVerdict {
  const known = knownProvider(provider)
  if (known === undefined || baseUrl !== '') return { kind: secret === '' ? 'empty' : 'untold' }
  const wanted = known.prefix[auth]
  if (wanted === undefined) return { kind: 'no_such_auth', wanted: 'api_key' }
  if (secret === '') return { kind: 'empty' }
  const owner = ownerOf(secret)
  if (owner?.provider.name === provider && owner.auth === auth) return { kind: 'good' }
  return { kind: 'wrong', wanted, looksLike: owner === null ? null : owner.provider.title }
}

function ownerOf(secret: string): { readonly provider: KnownProvider; readonly auth: string } | null {
  for (const provider of KNOWN) {
    for (const [auth, beginning] of Object.entries(provider.prefix)) {
      if (secret.startsWith(beginning) && secret.length > beginning.length) return { provider, auth }
    }
  }
  return null
}
