/** Stands for a secret in documentation, templates and code, and is none. */
const PLACEHOLDER =
  /^(?:<.*|\[.*|\{.*|\$.*|%[\w.]+%?|["'`]*|[*•xX.…_\-#0]+|your.*|my[-_ ]?(?:password|secret|token|key)|change[-_ ]?(?:me|it|this).*|replace.*|insert.*|enter.*|todo.*|redacted.*|example.*|placeholder.*|dummy.*|secrets?|pass(?:word|wd|phrase|code)?s?|passwort|kennwort|contraseña|tokens?|keys?|api[-_]?keys?|string|str|text|varchar|none|null|nil|undefined|true|false|yes|no|required|optional|hidden|masked|empty|default|invalid|incorrect|wrong|missing|expired|forgot(?:ten)?|reset|bearer|basic|digest|oauth2?|env|self|this|new|await|async|function|return|typeof|void|char|const|let|var|int|object|any|unknown|value|unset|disabled|enabled|process\.env.*|os\.environ.*|getenv.*|vault:.*|op:\/\/.*|file:.*|sops:.*|ENC\[.*|\/.*|~\/.*|\.\.?\/.*|https?:\/\/[^:@]*)$/i

/** Says of itself that it is no secret: `sk-xxxxxxxx`, `ghp_your_token_here`, AWS's documented AKIA…EXAMPLE. */
const SAYS_SO = /x{6,}|X{6,}|\*{3,}|\.{3,}|…|EXAMPLE|[_-]?your[_-]|[_-]here\b|<[^>]*>|redacted|placeholder/

export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value) || SAYS_SO.test(value)
}

/** Whether the variable part of a key looks like one that was drawn: enough different characters, and no words that say otherwise. */
export function looksDrawn(text: string): boolean {
  return !SAYS_SO.test(text) && new Set(text).size >= Math.min(6, text.length / 3)
}

/** Bits for each character of a text by how often each occurs in it (Shannon). */
export function shannon(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** How often neighbours are of different kinds (small, capital, digit, other), from 0 to 1. */
export function changes(text: string): number {
  let count = 0
  for (let at = 1; at < text.length; at++) {
    if (kindOf(text.charCodeAt(at)) !== kindOf(text.charCodeAt(at - 1))) count += 1
  }
  return text.length < 2 ? 0 : count / (text.length - 1)
}

function kindOf(code: number): number {
  if (code >= 48 && code <= 57) return 1
  if (code >= 65 && code <= 90) return 2
  return code >= 97 && code <= 122 ? 3 : 4
}
