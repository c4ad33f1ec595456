import { CastellanError } from '@castellan/contracts'

/** Linux limits: PATH_MAX without its NUL, and NAME_MAX. */
const MAX_PATH_BYTES = 4095
const MAX_NAME_BYTES = 255

/**
 * `%2e`, `%2f`, `%5c`, `%00`, their doubly encoded, overlong (`%c0%af`) and `%u2215` forms: nobody types these but to get
 * around a check.
 */
const encodedSeparator = /%(?:25)*(?:2e|2f|5c|00|c[01]%[89ab]|u[0-9a-f]{4})/i

/**
 * Characters that look like, or fold under NFKC to, a dot, two dots, a slash or a backslash: dot leaders, division and
 * fraction slash, big solidus, box diagonals, set minus, reverse solidus operator, small and full-width forms.
 */
const lookAlike =
  /[\u2024\u2025\u2044\u2215\u2216\u2571\u2572\u27cb\u27cd\u29f5\u29f8\u29f9\ufe52\ufe68\uff0e\uff0f\uff3c]/u

/** A name of nothing but dots, some of them from other scripts. Inside a longer name these are ordinary letters. */
const foreignDots = /(^|\/)(?!\.+(\/|$))[.\u00b7\u0701\u2219\u22c5\u3002\ua4f8\uff61]+(\/|$)/u

/** Controls and the characters that reorder text: a person who approves a path must see the path. */
const unprintable = /[\u0001-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

/**
 * The components of the absolute path that an agent means: relative paths and `~` start in the workspace. `..` is kept,
 * because what it means depends on the links before it. Throws `path_outside_roots` for anything made to look like a
 * path that it is not, `path_invalid` for what cannot be a path.
 */
export function parsePath(text: string, workspace: string): string[] {
  if (text === '') throw invalid(text, 'it is empty')
  if (text.includes('\0')) throw disguised(text, 'it contains a NUL character')
  if (encodedSeparator.test(text)) throw disguised(text, 'it contains percent-encoded dots or slashes')
  if (lookAlike.test(text) || foreignDots.test(text))
    throw disguised(text, 'it contains characters that only look like dots or slashes')
  if (text.includes('\\') && /(^|[\\/])\.\.([\\/]|$)/.test(text)) throw disguised(text, 'it climbs with backslashes')
  if (unprintable.test(text)) throw invalid(text, 'it contains control characters')
  if (!text.isWellFormed()) throw invalid(text, 'it is not well-formed Unicode')
  if (Buffer.byteLength(text) > MAX_PATH_BYTES) throw invalid(text, `it is longer than ${MAX_PATH_BYTES} bytes`)
  const components = splitPath(absoluteForm(text, workspace))
  if (components.some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES)) {
    throw invalid(text, `one of its names is longer than ${MAX_NAME_BYTES} bytes`)
  }
  return components
}

/** Components of a path without the empty ones and `.`. */
export function splitPath(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

export function joinPath(components: readonly string[]): string {
  return `/${components.join('/')}`
}

/** Shows a path inside a sentence: quoted, unprintable characters escaped, cut at 200 characters. */
export function quotePath(path: string): string {
  const text = path.length > 200 ? `${path.slice(0, 200)}…` : path
  return JSON.stringify(text).replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function absoluteForm(text: string, workspace: string): string {
  if (text.startsWith('/')) return text
  if (text === '~' || text.startsWith('~/')) return `${workspace}${text.slice(1)}`
  if (/^~[a-z_][a-z0-9_-]*(\/|$)/i.test(text)) {
    throw invalid(text, `homes of users are not known here: ~ alone stands for the workspace, ${workspace}`)
  }
  return `${workspace}/${text}`
}

function invalid(path: string, why: string): CastellanError {
  return new CastellanError('path_invalid', `${quotePath(path)} is not a usable path: ${why}.`)
}

function disguised(path: string, why: string): CastellanError {
  return new CastellanError(
    'path_outside_roots',
    `The path ${quotePath(path)} is refused: ${why}. Write the path plainly, as ls would show it.`,
  )
}
