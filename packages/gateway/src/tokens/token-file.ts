import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AgentName, CastellanError, describeIssues, Sha256Hex, Timestamp, TokenId } from '@castellan/contracts'
import { TokenScope } from '@castellan/contracts/api'
import { writePrivateFile } from '@castellan/daemon'
import { z } from 'zod'

/** A token as it is kept: its keyed hashes, never the secret. */
export const StoredToken = z.strictObject({
  token_id: TokenId,
  name: z.string(),
  scopes: z.array(TokenScope).min(1),
  agent: AgentName.nullable(),
  created_at: Timestamp,
  created_by: z.string(),
  expires_at: Timestamp,
  last_used_at: Timestamp.nullable(),
  /** Gone once it is revoked. */
  hash: Sha256Hex.nullable(),
  /** The secret before the last rotation, while it is still good. */
  old: z.strictObject({ hash: Sha256Hex, until: Timestamp }).nullable(),
  revoked_at: Timestamp.nullable(),
  /** How often it was given a new secret. */
  rotations: z.int().min(0).default(0),
})
export type StoredToken = z.infer<typeof StoredToken>

const Content = z.strictObject({ version: z.literal(1), tokens: z.array(StoredToken) })

/** `gateway/tokens.json`, mode 0600, replaced whole; saves happen in the order in which they were asked for. */
export class TokenFile {
  readonly #path: string
  #saving: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Throws `config_invalid` for a file that makes no sense: dropping it silently would bring revoked tokens back by copy. */
  async load(): Promise<StoredToken[]> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return []
    const result = Content.safeParse(asJson(text))
    if (result.success) return result.data.tokens
    throw new CastellanError(
      'config_invalid',
      `${this.#path} is damaged (${describeIssues(result.error)}). Put it back from a backup, or remove it: then no ` +
        'token but the owner’s is good any more.',
    )
  }

  /** On disk when it resolves. What is written is the state at the moment of writing, so that a late save loses nothing. */
  save(tokens: () => Iterable<StoredToken>): Promise<void> {
    const saved = this.#saving.then(() => {
      const content: z.infer<typeof Content> = { version: 1, tokens: [...tokens()] }
      return writePrivateFile(this.#path, JSON.stringify(content))
    })
    this.#saving = saved.catch(() => undefined)
    return saved
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
