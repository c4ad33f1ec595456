import type { Report } from '../finding.ts'
import { isPlaceholder, shannon } from '../words.ts'

/** What stands before a value: `"password": "`, `PASSWORD=`, `password: `, `password => '`; only at the sign in the middle is looked back. */
const SIGN = /[:=]/g
const MAX_NAME = 64
const MAX_VALUE = 512
const MAX_LINE = 200

/** A name that holds a password, whatever the value looks like. */
const PASSWORD =
  /(?:^|[^a-z]|[a-z](?=P))(?:pass(?:word|wd|phrase|code)?|pwd|pswd|passwort|kennwort|contrasena|motdepasse|senha|wachtwoord)(?:[_-]?(?:hash|value|confirm(?:ation)?|again|old|new))?\d*$/i
/** A name that holds a key; its value has to look like one. */
const KEY =
  /(?:secret|token|api[-_.]?key|apikey|access[-_.]?key|auth[-_.]?key|private[-_.]?key|encryption[-_.]?key|signing[-_.]?key|master[-_.]?key|account[-_.]?key|shared[-_.]?key|secret[-_.]?key(?:[-_.]?base)?|service[-_.]?key|license[-_.]?key|credentials?|auth|authorization|cookie|session[-_.]?id|sessid|bearer|client[-_.]?secret|webhook[-_.]?secret|otp|totp|seed|mnemonic)$/i
/** Names that end alike and hold nothing of the kind. */
const HARMLESS =
  /(?:public|primary|foreign|sort|partition|cache|idempotency|next|page|pagination|sync|continuation|continue|cursor|csrf|xsrf|max|min|num|count|total|unknown|pad|eos|bos|stop|special|cancel(?:lation)?|last|first|prompt|completion|reasoning|cached)[-_.]?(?:page[-_.]?)?(?:key|token)s?$/i
/** A mnemonic of a wallet or of a recovery: twelve or more words. */
const WORDS = /^(?:[a-z]{3,8}[ +]){11,23}[a-z]{3,8}$/

/** Values of fields whose name says that they are secret. */
export function findFields(text: string, report: Report): void {
  SIGN.lastIndex = 0
  for (let found = SIGN.exec(text); found !== null; found = SIGN.exec(text)) {
    const sign = found.index
    const name = nameBefore(text, sign)
    if (name === undefined || HARMLESS.test(name)) continue
    const isPassword = PASSWORD.test(name)
    if (!isPassword && !KEY.test(name)) continue
    const value = valueAfter(text, sign)
    if (value === undefined) continue
    if (isPassword ? isPasswordValue(value) : isKeyValue(value)) {
      report({
        class: 'credential',
        kind: isPassword ? 'password_field' : 'secret_field',
        start: value.start,
        end: value.end,
      })
    }
    SIGN.lastIndex = Math.max(sign + 1, value.start)
  }
  findNetrc(text, report)
  findElsewhere(text, report)
}

interface Value {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly quoted: boolean
  /** Between name and value stands nothing but the sign. */
  readonly tight: boolean
  /** What follows it. */
  readonly next: string
  /** It stands alone on its line with its name. */
  readonly alone: boolean
}

function nameBefore(text: string, sign: number): string | undefined {
  let end = sign
  // `:=`, `?=`, `==` and `=>` are seen at their first sign; a comparison is no assignment.
  if (
    text[end - 1] === '!' ||
    text[end - 1] === '=' ||
    text[end - 1] === ':' ||
    text[end - 1] === '<' ||
    text[end - 1] === '>'
  )
    return undefined
  if (text[end - 1] === '?' || text[end - 1] === '+') end -= 1
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t') && sign - end < 40) end -= 1
  if (text[end - 1] === '"' || text[end - 1] === "'" || text[end - 1] === '`' || text[end - 1] === ']') end -= 1
  if (text[end - 1] === '"' || text[end - 1] === "'") end -= 1
  let start = end
  while (start > 0 && end - start < MAX_NAME && isNameCode(text.charCodeAt(start - 1))) start -= 1
  return end - start < 3 ? undefined : text.slice(start, end)
}

function isNameCode(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code === 45 ||
    code === 46 ||
    code === 95
  )
}

function valueAfter(text: string, sign: number): Value | undefined {
  let at = sign + 1
  if (text[at] === '=' || text[at] === '~') return undefined
  if (text[at] === '>') at += 1
  const after = at
  while (text[at] === ' ' || text[at] === '\t') at += 1
  const tight = at === after
  const quote = text[at]
  if (quote === '"' || quote === "'" || quote === '`') {
    const start = at + 1
    const length = text.slice(start, start + MAX_VALUE).indexOf(quote)
    if (length < 1) return undefined
    const end = start + length
    return { text: text.slice(start, end), start, end, quoted: true, tight, next: text[end + 1] ?? '', alone: false }
  }
  const [value = ''] = /^[^\s"'`,;&<>()[\]{}|\\]{1,512}/.exec(text.slice(at, at + MAX_VALUE)) ?? []
  if (value === '') return undefined
  const end = at + value.length
  const next = text[end] ?? ''
  const near = text.slice(Math.max(0, sign - MAX_LINE), sign)
  const line = sign - near.length + near.lastIndexOf('\n') + 1
  const alone =
    /^\s*(?:-\s|export\s+|set\s+)?[\w."'-]+\s*$/.test(text.slice(line, sign)) &&
    /^[ \t\r]*(?:\n|$|#)/.test(text.slice(end, end + 40))
  return { text: value, start: at, end, quoted: false, tight, next, alone }
}

function isPasswordValue({ text, quoted, tight, next, alone }: Value): boolean {
  if (text.length < 4 || isPlaceholder(text)) return false
  if (WORDS.test(text)) return true
  // What people read: a label, a sentence, a message about passwords.
  if (/\s/.test(text))
    return quoted && /^\S{3,}(?: \S{3,}){3,6}$/.test(text) && !/[A-Z.,!?:]/.test(text) && text.length >= 20
  const isWord = /^[A-Za-z\u00c0-\uffff\x80-\xff][a-z\x80-\xff]*[.:…]?$/.test(text)
  if (quoted)
    return (
      !isWord || (text.length >= 6 && /^[a-z]+$/.test(text) && !/^pass|passwor[dt]|kennwort|geheim|secret/.test(text))
    )
  // Code: another variable, a call, a type.
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$]|::|->|\?\.)/.test(text) && !/[!@#%^*]/.test(text)) return false
  if (next === '(' || next === '[' || next === '<' || next === '{') return false
  if (/[\d!@#$%^*]/.test(text))
    return !/^\d{1,3}$/.test(text) && !(next === ')' && /^[\w.]+$/.test(text) && !/\d/.test(text))
  if (!/^[a-z]{6,}$/.test(text))
    return tight && alone && text.length >= 8 && shannon(text) > 2.5 && !/^[a-z]+(?:[A-Z][a-z]+)+$/.test(text)
  return (tight && (next === '&' || next === '' || alone)) || alone
}

function isKeyValue({ text, quoted, next }: Value): boolean {
  if (isPlaceholder(text)) return false
  if (WORDS.test(text)) return true
  if (text.length < 12 || /\s/.test(text)) return false
  if (!quoted && (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$]|::|->|\?\.)/.test(text) || next === '(' || next === '['))
    return false
  if (/^(?:[a-z]+[-_./:])*[a-z]+$/i.test(text)) return false
  if (!/\d/.test(text) || !/[A-Za-z]/.test(text)) return false
  return shannon(text) >= 2.8
}

/** Other ways to say the same: elements of XML, calls that take a name and a value, sentences, options of programs. */
const PAIRS: readonly RegExp[] = [
  /<([\w:.-]{3,64})>([^<>]{4,512})<\//g,
  /\b[\w.]{2,40}\(\s{0,3}["']([\w.-]{3,64})["']\s{0,3},\s{0,3}["']([^"'\n]{4,512})["']/g,
]
const SENTENCE =
  /(?:password|passphrase|passwd|passwort|kennwort|contrase(?:ñ|\xc3\xb1)a|mot de passe)\s{1,3}(?:is|was|ist|lautet|es|est)[:\s]{1,3}["'`]?([^\s"'`,;]{4,100})/gi
const OPTION =
  /(?:\s-u|--user)[ =]["']?[\w.@\\-]{1,64}:([^\s"'`]{4,100})|sshpass\s{1,3}-p\s{0,2}["']?([^\s"'`]{4,100})|\bmysql\w{0,8}\s[^\n]{0,100}?\s-p([^\s"'`]{4,100})/g

function findElsewhere(text: string, report: Report): void {
  const told = (match: RegExpExecArray, value: string, kind: string): void => {
    const start = match.index + match[0].lastIndexOf(value)
    report({ class: 'credential', kind, start, end: start + value.length })
  }
  for (const form of PAIRS) {
    for (const match of text.matchAll(form)) {
      const [, name = '', value = ''] = match
      if (HARMLESS.test(name)) continue
      const plain = { text: value, start: 0, end: 0, quoted: true, tight: true, next: '', alone: false }
      if (PASSWORD.test(name) && isPasswordValue(plain)) told(match, value, 'password_field')
      else if (KEY.test(name) && isKeyValue(plain)) told(match, value, 'secret_field')
    }
  }
  for (const match of text.matchAll(SENTENCE)) {
    const value = (match[1] ?? '').replace(/[.!?)]+$/, '')
    if (/[\d!@#$%^&*]/.test(value) && /[A-Za-z]/.test(value) && !isPlaceholder(value))
      told(match, value, 'password_in_text')
  }
  for (const match of text.matchAll(OPTION)) {
    const value = match[1] ?? match[2] ?? match[3] ?? ''
    if (/\d/.test(value) && /[A-Za-z]/.test(value) && !isPlaceholder(value)) told(match, value, 'password_in_command')
  }
}

/** netrc(5): `machine x login y password z`. */
function findNetrc(text: string, report: Report): void {
  if (!text.includes('login')) return
  for (const match of text.matchAll(/login\s{1,4}\S{1,100}\s{1,4}password\s{1,4}(\S{4,200})/g)) {
    if (isPlaceholder(match[1] ?? '')) continue
    report({ class: 'credential', kind: 'password_field', start: match.index, end: match.index + match[0].length })
  }
}
