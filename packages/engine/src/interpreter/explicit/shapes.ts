import type { Args } from './explicit.ts'
import type { Wants } from './wants.ts'

const HOST = '(?:[A-Za-z0-9_-]+\\.)+[A-Za-z0-9-]+'
const HOST_NAME = new RegExp(`(?<![\\w/@.-])${HOST}(?![\\w/-])`, 'g')
const HOST_AND_PORT = new RegExp(`(?<![\\w/])(${HOST}|localhost):(\\d{1,5})(?!\\d)`, 'g')
const NO_HOST = /^(?:its?|the|certificate|cert|server|site|website|host|domain|machine|port|tls|ssl|when|expires?)$/i
const IDENTIFIER = /(?<![\w-])[a-z]{2,4}_[0-9A-Za-z][0-9A-Za-z_-]{5,}/g
const MODEL_ID = /(?<![\w-])[0-9a-f]{16}(?![\w-])/g
const DIGEST = /(?<![\w-])[0-9a-fA-F]{32,128}(?![\w-])/g
const URL_SHAPE = /\bhttps?:\/\/[^\s"'<>]+/g

/**
 * Values that look like nothing else: identifiers, digests, addresses, globs. Only where exactly one such word stands in the
 * request. A value that is undefined was taken for something that it cannot be.
 */
export function explicitShapes(args: Args, plain: string, wants: Wants): Args {
  return {
    ...identifiers(plain, wants),
    ...addresses(args, plain, wants),
    ...modelFile(plain, wants),
    ...glob(args, plain, wants),
    ...list(plain, wants),
    ...set(plain, wants),
  }
}

function identifiers(plain: string, wants: Wants): Args {
  const found: Args = {}
  const id = only(plain, wants.tool.startsWith('model_') ? MODEL_ID : IDENTIFIER)
  for (const argument of ['id', 'approvalId']) {
    if (id !== undefined && wants.takes(argument)) found[argument] = id
  }
  const digest = only(plain, DIGEST)
  for (const argument of ['expected', 'sha256']) {
    if (digest !== undefined && wants.takes(argument)) found[argument] = digest
  }
  return found
}

function addresses(args: Args, plain: string, wants: Wants): Args {
  const found: Args = {}
  if (NO_HOST.test(String(args.host ?? ''))) found.host = undefined
  const url = only(plain, URL_SHAPE)?.replace(/[.,;:!?)]+$/, '')
  if (wants.takes('url')) return url === undefined ? {} : { url }
  if (wants.takes('host') && wants.takes('port')) {
    const both = [...plain.matchAll(HOST_AND_PORT)]
    if (both.length === 1) return { host: both[0]?.[1], port: Number(both[0]?.[2]) }
  }
  const port = /\bport (\d{1,5})\b/i.exec(plain)?.[1]
  if (wants.takes('port') && args.port === undefined && port !== undefined) found.port = Number(port)
  const argument = ['host', 'name'].find((name) => wants.takes(name) && (name === 'host' || wants.takes('types')))
  const host = only(plain, HOST_NAME)
  if (argument !== undefined && host !== undefined && !String(args[argument] ?? '').includes('.'))
    found[argument] = host
  return found
}

function modelFile(plain: string, wants: Wants): Args {
  const path = only(plain, /(?<!\S)[\w./~+-]+\.(?:gguf|safetensors)(?![\w.])/g)
  return path === undefined || !wants.tool.startsWith('model_') || !wants.takes('path') ? {} : { path }
}

/** A word with a star is a pattern for names, never what a file contains. */
function glob(args: Args, plain: string, wants: Wants): Args {
  if (!wants.takes('contains') || !wants.takes('name')) return {}
  const pattern = only(plain, /(?<!\S)[\w.*?[\]-]*\*[\w.*?[\]-]*(?=$|[\s,;:!?])/g)?.replace(/\?$/, '')
  if (pattern === undefined) return {}
  return { name: pattern, contains: args.contains === pattern ? undefined : args.contains }
}

/** `[80, 443]` as the value of an option; the model sees only words. */
function list(plain: string, wants: Wants): Args {
  if (!wants.takes('option') || !wants.takes('value')) return {}
  const items = /\[([^\]]*)\]/.exec(plain)?.[1]
  if (items === undefined) return {}
  const values = items.split(/[\s,]+/).filter((item) => item !== '')
  return { value: values.map((item) => (/^-?\d+$/.test(item) ? Number(item) : item)) }
}

/** "into the set weekly". */
function set(plain: string, wants: Wants): Args {
  const name = /\bset (?:called |named |name )?([a-z][a-z0-9-]*)\b/.exec(plain)?.[1]
  return name === undefined || !wants.takes('set') || !wants.admits('set', name) ? {} : { set: name }
}

function only(text: string, pattern: RegExp): string | undefined {
  const found = new Set(text.match(pattern) ?? [])
  return found.size === 1 ? [...found][0] : undefined
}
