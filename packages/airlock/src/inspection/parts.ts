import type { EgressAuth } from '@castellan/contracts'
import { CREDENTIAL_HEADERS } from '../fetch/headers.ts'
import type { Part } from './scan.ts'

/** A request as it would leave, before secrets are put in. */
export interface Outgoing {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

/** Headers whose values are drawn at random by design. */
const RANDOM_HEADERS: ReadonlySet<string> = new Set([
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'if-range',
  'openai-organization',
  'openai-project',
])

/** Which keys of a known provider may go to a host in a header made for them; keys of the others may go nowhere but home. */
const HOMES: Readonly<Record<string, RegExp>> = {
  anthropic_key: /(?:^|\.)anthropic\.com$/,
  openai_key: /(?:^|\.)openai\.(?:com|azure\.com)$/,
  openrouter_key: /(?:^|\.)openrouter\.ai$/,
  github_token: /(?:^|\.)(?:github\.com|githubcopilot\.com|githubusercontent\.com)$/,
  gitlab_token: /(?:^|\.)gitlab\.com$/,
  slack_token: /(?:^|\.)slack\.com$/,
  stripe_key: /(?:^|\.)stripe\.com$/,
  google_key: /(?:^|\.)googleapis\.com$/,
  google_oauth: /(?:^|\.)(?:googleapis|google)\.com$/,
  huggingface_token: /(?:^|\.)(?:huggingface\.co|hf\.co)$/,
  npm_token: /(?:^|\.)npmjs\.org$/,
  pypi_token: /(?:^|\.)pypi\.org$/,
  groq_key: /(?:^|\.)groq\.com$/,
  xai_key: /(?:^|\.)x\.ai$/,
  perplexity_key: /(?:^|\.)perplexity\.ai$/,
  replicate_token: /(?:^|\.)replicate\.com$/,
  aws_key_id: /(?:^|\.)amazonaws\.com(?:\.cn)?$/,
  sendgrid_key: /(?:^|\.)sendgrid\.com$/,
  notion_token: /(?:^|\.)notion\.com$/,
  linear_key: /(?:^|\.)linear\.app$/,
}
/** What any host may be given in its own header: it names no provider, or is what the gateway keeps for that. */
const HOMELESS: ReadonlySet<string> = new Set(['jwt', 'authorization', 'secret_field', 'password_field', 'kept_secret'])
/** `sk-` alone is what every server that speaks OpenAI's protocol takes. */
const GENERIC_KEY = /^(?:bearer )?sk-[A-Za-z0-9]+$/i

/** What of a request is looked at, each part by itself; and some parts together, for what was divided among them. */
export function* partsOf({ url, headers, body }: Outgoing): Generator<Part, void, void> {
  yield { place: 'host', text: url.hostname.replaceAll('.', '\n'), spareRandom: false, whole: true }
  yield { place: 'path', text: url.pathname, whole: true }
  if (url.search !== '') {
    yield* formParts('query', url.search.slice(1))
    const values = [...url.searchParams.values()]
    if (values.length > 1)
      yield { place: 'query', text: values.join(''), spareRandom: true, whole: true, together: true }
  }
  for (const [name, text] of Object.entries(headers)) {
    yield { place: 'header', name, text, spareRandom: RANDOM_HEADERS.has(name) || isCredentialHeader(name) }
  }
  if (body === undefined || body.length === 0) return
  const text = body.toString('latin1')
  if (/^application\/x-www-form-urlencoded/i.test(headers['content-type'] ?? '')) yield* formParts('body', text)
  else yield { place: 'body', text }
}

/** In forms a plus is a space (URL Standard, "application/x-www-form-urlencoded"); whoever does not know writes base64 with it. */
function* formParts(place: 'query' | 'body', text: string): Generator<Part, void, void> {
  if (!text.includes('+')) return yield { place, text }
  yield { place, text: text.replaceAll('+', ' ') }
  yield { place, text, codedOnly: true }
}

/** Whether a credential that was found in a header made for credentials may go to this host. */
export function isAtHome(kind: string, header: string, value: string, host: string, auth: EgressAuth): boolean {
  if (!isCredentialHeader(header) || auth === 'none' || kind.startsWith('castellan_')) return false
  if (auth === 'any' || HOMELESS.has(kind)) return true
  if (kind === 'openai_key' && GENERIC_KEY.test(value)) return true
  return HOMES[kind]?.test(host) ?? false
}

export function isCredentialHeader(name: string): boolean {
  return (CREDENTIAL_HEADERS as readonly string[]).includes(name)
}
