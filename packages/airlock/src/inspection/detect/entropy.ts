import type { Report, Span } from '../finding.ts'
import { changes, isPlaceholder, shannon } from '../words.ts'

/** Letters of keys in base64, base64url, base62 and base36. Longer runs are data: files, images, vectors. */
const RUN = /[A-Za-z0-9+/_-]{20,}={0,2}/g
const MIN_KEY = 20
const MAX_KEY = 200
const NEAR_CHARS = 60

/** What is drawn at random and meant to be seen. */
const DIGEST = /^(?:[0-9a-f]{20,}|[0-9A-F]{20,})$/
const ULID = /^0[1-7][0-9A-HJKMNP-TV-Z]{24}$/
const UUID = /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i
const PUBLIC =
  /^(?:AAAA[BCE]|AAAAGnNr|MII[A-Za-z0-9+/]{8}|MCowBQYDK2V|MFkwEwYHKoZ|MIGf|age1|npub1|bc1|did:|Qm[1-9A-HJ-NP-Za-km-z]{44}|ba[fg][a-z2-7]{40})/
/** Identifiers of answers, calls, customers and objects, which conversations with models are full of. */
const NAMED =
  /^(?:chatcmpl|cmpl|call|toolu|srvtoolu|msg|resp|req|run|step|thread|asst|file|fc|rs|ws|fp|cus|ch|pi|sub|in|evt|pm|price|prod|acct|txn|seti|si|ii|il|cs|tun|dst|org|proj|user|usr|team|batch|ft|gen|item|event|trace|span|dep|dpl|prj|ses|snd|rcv|obj|doc|page|rec|tbl|app|wsp|conv|chat|apr|led|inc|i|vol|snap|subnet|sg|vpc|eni|ami|arn|img|sha\d*|md5|blake\w*)[-_](?=\w)/
/** Names of fields beside which such a value stands. */
const NEAR =
  /(?:sha-?\d*|md5|blake\w*|hash|digest|checksum|integrity|etag|e-tag|if-none-match|if-match|signature|sig|commit|rev(?:ision)?|\bid|_id|[a-z]Id|\bids|uuid|guid|fingerprint|thumbprint|encrypted_content|thought_?signature|redacted_thinking|nonce|cursor|page_?token|boundary|trace(?:parent|id)?|request-id|public_?key|pubkey|x5c|kid|cid|narhash|drv|out_?path|cert(?:ificate)?|\w*timestamp|[?&](?:list|v|id)|version|image|src|href|path|filename|file|module|import|from|require|known_?hosts|authorized_keys|ssh-[a-z0-9-]+|ecdsa-[a-z0-9-]+|dkim|v=DKIM1)["']?\s*[:=,>\s]\s*["'(]?(?:\w+[-:])?$/i
const NIX = /\/nix\/store\/$|^[0-9a-z]{32}-[a-z0-9]/

/** Blocks of base64 that say what they are, and are no private key. */
const PUBLIC_BLOCK = /-----BEGIN (?![A-Z ]*PRIVATE)[A-Z0-9 ]{3,40}-----(?:[^-]|-(?!----)){1,65536}-----END/g

/**
 * Strings that nobody wrote: drawn at random, long enough to be a key, and of no form that is meant to be public. `makesSense` says of
 * bytes that they are text or a file; base64 of those is looked into, and is no key itself.
 */
export function findRandom(
  text: string,
  words: readonly Span[],
  makesSense: (bytes: Buffer) => boolean,
  report: Report,
): void {
  const blocks = text.includes('-----BEGIN ')
    ? [...text.matchAll(PUBLIC_BLOCK)].map(({ 0: block, index }) => ({ start: index, end: index + block.length }))
    : []
  for (const word of words) {
    if (word.end - word.start < MIN_KEY || blocks.some(({ start, end }) => word.start >= start && word.start < end))
      continue
    for (const match of text.slice(word.start, word.end).matchAll(RUN))
      findInRun(text, word.start + match.index, match[0], makesSense, report)
  }
}

function findInRun(
  text: string,
  at: number,
  run: string,
  makesSense: (bytes: Buffer) => boolean,
  report: Report,
): void {
  if (run.length > MAX_KEY || PUBLIC.test(run) || isLineOfMany(text, at, run.length)) return
  const before = text.slice(Math.max(0, at - NEAR_CHARS), at)
  if (before.endsWith(';base64,')) return
  const named = NAMED.exec(run)?.[0].length ?? 0
  for (const { word, offset } of candidates(run)) {
    if ((named > 0 && offset <= named) || !isRandom(word) || makesSense(Buffer.from(word, 'base64'))) continue
    const start = at + offset
    const end = start + word.length
    const near = text.slice(Math.max(0, start - NEAR_CHARS), start)
    if (isMeantToBeSeen(word, near, text.slice(end, end + 2))) continue
    if (offset > 0 && isMeantToBeSeen(run, before, '')) continue
    report({ class: 'entropy', kind: 'random_string', start, end })
  }
}

/** One of several lines of the same length: a file in base64. */
function isLineOfMany(text: string, start: number, length: number): boolean {
  if (length < 40) return false
  const isRun = (from: number): boolean => /^[A-Za-z0-9+/_-]{20,}=*\s/.test(text.slice(from, from + length + 4))
  const after = /^\r?\n[ \t]*/.exec(text.slice(start + length, start + length + 20))
  if (after !== null && isRun(start + length + after[0].length)) return true
  const near = text.slice(Math.max(0, start - 2 * length - 40), start)
  return /[\s:,"'][A-Za-z0-9+/_-]{20,}\r?\n[ \t]*$/.test(near)
}

/** Paths and joined words hold several: each is judged by itself, unless the whole is one. */
function candidates(run: string): { readonly word: string; readonly offset: number }[] {
  const parts = [...run.matchAll(/[^/_-]+/g)].map(({ 0: word, index }) => ({ word, offset: index }))
  if (parts.length === 1) return [{ word: run, offset: 0 }]
  const long = parts.filter(({ word }) => word.length >= 20)
  // Key in base64 or base64url: its separators come seldom (1 of 32 each), so parts are of odd lengths and most hold digits.
  const looksJoined = parts.every(({ word }) => /^(?:[a-z]+|[A-Z][a-z]*|[A-Z]+|\d+)$/.test(word.replace(/=+$/, '')))
  if (looksJoined) return []
  const share = parts.length / run.length
  const isWhole = run.length >= 32 && share < 0.14 && changes(run.replace(/[/_-]/g, '')) > 0.36
  return isWhole ? [{ word: run, offset: 0 }] : long
}

function isRandom(word: string): boolean {
  const text = word.replace(/=+$/, '')
  if (text.length < 20 || !/\d/.test(text) || !/[A-Za-z]/.test(text)) return false
  if (DIGEST.test(text) || isPlaceholder(text)) return false
  const bits = shannon(text)
  const alternates = changes(text)
  const hasBoth = /[a-z]/.test(text) && /[A-Z]/.test(text)
  if (hasBoth) return bits >= (text.length < 28 ? 3.7 : 4) && alternates >= 0.4 && unlikeWords(text)
  // One case only (base36, base32): letters and digits alternate as they do in nothing that people name.
  return text.length >= 26 && bits >= 3.6 && alternates >= 0.28
}

/** camelCase and SNAKE have runs of small letters; a key of 62 letters seldom has one of five. */
function unlikeWords(text: string): boolean {
  const runs = text.match(/[a-z]{5,}/g) ?? []
  return runs.reduce((sum, run) => sum + run.length, 0) < text.length * 0.3
}

function isMeantToBeSeen(word: string, before: string, after: string): boolean {
  if (UUID.test(word) || ULID.test(word) || PUBLIC.test(word) || NIX.test(before) || NIX.test(word)) return true
  if (/(?:sha(?:1|224|256|384|512)|md5|blake[23]\w*|SHA256|h1)[-:]$/i.test(before)) return true
  // Hashed names of known hosts; the root and the signatures of a log's checkpoint.
  if (/\|1\|(?:[A-Za-z0-9+/]{27}=\|)?$|\n\d{1,15}\n$|(?:^|\n)(?:-|\u2014) [\w./+-]+ $/.test(before)) return true
  // A name, a file or a module: foo-4f3a9Kx1.js; an address of a document.
  if (/^\.(?:[a-z])/i.test(after) && /[/"'(]$/.test(before)) return true
  if (/https?:\/\/[^\s"'?]{1,58}$|\/d\/$/.test(before)) return true
  return NEAR.test(before)
}
