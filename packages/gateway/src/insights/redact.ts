/** What a secret looks like, wherever it stands. Each is at least as long as a guess would be short. */
const SECRETS: readonly RegExp[] = [
  // Castellan's own tokens
  /cst_[A-Za-z0-9_-]{16,43}/,
  // Keys as providers write them: OpenAI, Anthropic, OpenRouter; GitHub; GitLab; Slack; AWS; Google; Stripe; npm; Hugging Face
  /\bsk-[A-Za-z0-9_-]{16,}/,
  /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})/,
  /\bglpat-[A-Za-z0-9_-]{20,}/,
  /\bxox[abposr]-[A-Za-z0-9-]{10,}/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bAIza[A-Za-z0-9_-]{35}/,
  /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}/,
  /\bnpm_[A-Za-z0-9]{36}/,
  /\bhf_[A-Za-z0-9]{30,}/,
  // age identities, and private keys in PEM, as they stand or as JSON writes them
  /AGE-SECRET-KEY-1[A-Z0-9]{58}/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/,
  // A token in three parts (RFC 7519), and what a header would carry
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/,
  /\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{16,}/,
  // The password of an address
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'\\]{1,64}:[^\s/@"'\\]{3,256}(?=@)/i,
  // A word that says it is a secret, and what is assigned to it, in JSON, in a file of settings or on a command line
  /(?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?key|auth[_-]?token)(?:\\?["'])?\s*[:=]\s*(?:\\?["'])?[^\s"'\\,;&}]{6,256}/i,
]

const ANY = new RegExp(SECRETS.map(({ source }) => `(?:${source})`).join('|'), 'gi')
const TAKEN_OUT = '[secret]'

export interface Redacted {
  readonly text: string
  readonly count: number
}

/** The text without anything that looks like a secret. Takes out too much rather than too little. */
export function redact(text: string): Redacted {
  let count = 0
  const clean = text.replaceAll(ANY, () => {
    count += 1
    return TAKEN_OUT
  })
  return { text: clean, count }
}
