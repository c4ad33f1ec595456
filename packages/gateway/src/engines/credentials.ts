import { CastellanError, type EngineAuth, type EngineKind } from '@castellan/contracts'

/** A credential as an engine uses it. The secret goes into a request or a process's environment and nowhere else. */
export interface EngineCredential {
  readonly id: string
  /** What people call it. */
  readonly label: string
  readonly auth: Exclude<EngineAuth, 'none'>
  readonly secret: string
  /** Where its provider's API lies, if the credential says so. */
  readonly baseUrl: string | null
}

/** One credential by its id, or any of a provider's. */
export type CredentialWish =
  | { readonly credential: string; readonly provider?: undefined }
  | { readonly provider: string; readonly credential?: undefined }

export type CredentialFault = 'unauthorized' | 'rate_limited' | 'quota_exhausted'

/** The credential store as engines see it. */
export interface EngineCredentials {
  /**
   * A credential that may be used now. Of a provider's, the one that is next in turn among those that are not cooling down
   * and not among `except`. Throws, saying what to do, when there is none.
   */
  pick(wish: CredentialWish, except?: ReadonlySet<string>): Promise<EngineCredential>
  /** It did not work: it cools down for `retryAfterSeconds`, or as long as the store thinks right. */
  failed(id: string, fault: CredentialFault, retryAfterSeconds?: number): Promise<void>
}

export interface Suiting {
  readonly credentials: EngineCredentials
  readonly engine: EngineKind
  readonly supportedAuth: readonly EngineAuth[]
}

/**
 * A credential that the engine can use: of a provider's, those of another kind are passed over. Throws `engine_unsuitable` where
 * the one that is named is of another kind, and as {@link EngineCredentials.pick} does.
 */
export async function pickSuited(
  { credentials, engine, supportedAuth }: Suiting,
  wish: CredentialWish,
  except: ReadonlySet<string> = new Set(),
): Promise<EngineCredential> {
  const passed = new Set(except)
  let unfit: EngineCredential | null = null
  for (;;) {
    const credential = await credentials.pick(wish, passed).catch((error: unknown) => {
      throw unfit === null ? error : unsuitable(unfit, engine, supportedAuth)
    })
    if (supportedAuth.includes(credential.auth)) return credential
    // A store that offers again what it was told to leave out has nothing else.
    if (wish.credential !== undefined || passed.has(credential.id)) throw unsuitable(credential, engine, supportedAuth)
    unfit = credential
    passed.add(credential.id)
  }
}

/** The host that a credential's requests go to: its own address comes before the engine's. */
export function hostOf(credential: EngineCredential | null, otherwise: string): string {
  return credential?.baseUrl == null ? otherwise : new URL(credential.baseUrl).host
}

/** The host that the next request goes to. Throws as {@link pickSuited} does: without a credential nothing is sent to anybody. */
export async function hostAsked(suiting: Suiting, wish: CredentialWish | null, otherwise: string): Promise<string> {
  return hostOf(wish === null ? null : await pickSuited(suiting, wish), otherwise)
}

function unsuitable(
  { label, auth }: EngineCredential,
  engine: EngineKind,
  supportedAuth: readonly EngineAuth[],
): CastellanError {
  const wanted = supportedAuth.filter((kind) => kind !== 'none').join(' or ')
  const instead = wanted === '' ? 'takes none' : `takes ${wanted}`
  return new CastellanError(
    'engine_unsuitable',
    `${label} is of the kind ${auth}, and the engine ${engine} ${instead}. Choose another credential, or another engine.`,
  )
}
