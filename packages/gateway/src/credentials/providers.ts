import { CastellanError, type CredentialAuth } from '@castellan/contracts'

/** A provider whose address and keys are known. */
export interface KnownProvider {
  readonly name: string
  readonly baseUrl: string
  /** How its API is spoken to. */
  readonly dialect: 'openai' | 'anthropic'
  /** What every one of its secrets begins with, by kind. */
  readonly prefix: Partial<Record<CredentialAuth, string>>
  /** A cheap model, for a test. */
  readonly testModel: string
}

const KNOWN: readonly KnownProvider[] = [
  {
    name: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    dialect: 'anthropic',
    prefix: { api_key: 'sk-ant-api', oauth_token: 'sk-ant-oat' },
    testModel: 'claude-haiku-4-5',
  },
  {
    name: 'openrouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    dialect: 'openai',
    prefix: { api_key: 'sk-or-' },
    testModel: 'openai/gpt-4.1-nano',
  },
  // Last, as the beginning of its keys is also that of the others'.
  {
    name: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    dialect: 'openai',
    prefix: { api_key: 'sk-' },
    testModel: 'gpt-4.1-nano',
  },
]

export function knownProvider(name: string): KnownProvider | undefined {
  return KNOWN.find((provider) => provider.name === name)
}

/**
 * Refuses a secret that its provider cannot have given out (`credential_invalid`), and an unknown provider without an address.
 * A credential with an address of its own belongs to whoever answers there, so that its form is their affair. Says nothing of
 * the secret beyond whose it looks like.
 */
export function checkSecret(
  { provider, auth, base_url }: { provider: string; auth: CredentialAuth; base_url?: string | null | undefined },
  secret: string,
): void {
  const known = knownProvider(provider)
  const own = base_url !== undefined && base_url !== null
  if (known === undefined) {
    if (own) return
    throw invalid(
      `${provider} is none of the providers known here (${KNOWN.map(({ name }) => name).join(', ')}): say its base_url.`,
    )
  }
  if (own && new URL(base_url).host !== new URL(known.baseUrl).host) return
  const prefix = known.prefix[auth]
  if (prefix === undefined) throw invalid(`${provider} has no credentials of the kind ${auth}; take api_key.`)
  const owner = ownerOf(secret)
  if (owner?.provider === provider && owner.auth === auth) return
  const looks =
    owner === undefined
      ? ''
      : ` This one looks like ${owner.auth === 'api_key' ? 'a key' : 'a token'} of ${owner.provider}.`
  throw invalid(`What ${provider} gives out as ${auth} begins with ${prefix}.${looks} Nothing was kept.`)
}

function ownerOf(secret: string): { readonly provider: string; readonly auth: string } | undefined {
  for (const { name, prefix } of KNOWN) {
    for (const [auth, beginning] of Object.entries(prefix)) {
      if (secret.startsWith(beginning) && secret.length > beginning.length) return { provider: name, auth }
    }
  }
  return undefined
}

function invalid(message: string): CastellanError {
  return new CastellanError('credential_invalid', message)
}
