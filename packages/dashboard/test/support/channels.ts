import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorKey } from '@castellan/contracts'
import { onTestFinished } from 'vitest'
import type { Castellan } from './castellan.ts'
import { corpus } from './corpus.ts'

/** One way by which words of somebody else come to the page. */
export interface Channel {
  readonly name: string
  /** Texts of the corpus that can come this way; all without it. */
  readonly takes?: (text: string) => boolean
  /** Most bytes of one text. */
  readonly most: number
  /** Sends such a text on its way. */
  readonly put: (text: string, nth: number) => Promise<unknown>
}

const oneLine = (text: string) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)
const withoutNul = (text: string) => !text.includes('\u0000')

/** What is sent over a channel: the corpus, as many texts at once as it takes, each with the channel's name in front. */
export function textsFor({ name, most, takes = withoutNul }: Channel): string[] {
  const texts: string[] = []
  for (const text of corpus.filter(takes)) {
    const longer = `${texts.at(-1)} ${text}`
    if (texts.length > 0 && Buffer.byteLength(longer) <= most) texts[texts.length - 1] = longer
    else if (Buffer.byteLength(`${name}: ${text}`) <= most) texts.push(`${name}: ${text}`)
  }
  return texts
}

/** Every channel there is, but for what is said in the chat. */
export function channelsInto(castellan: Castellan): readonly Channel[] {
  const { workspace } = castellan
  const by = (name: string, most: number, put: Channel['put'], takes?: Channel['takes']): Channel => ({
    ...{ name, most, put },
    ...(takes === undefined ? {} : { takes }),
  })
  return [
    by(
      'file name',
      250,
      async (text) => writeFileSync(join(workspace, text), text),
      (text) => oneLine(text) && !text.includes('/'),
    ),
    by(
      'folder name',
      200,
      async (text) => {
        mkdirSync(join(workspace, text))
        await castellan.call('directory_list', { path: text })
      },
      (text) => oneLine(text) && !text.includes('/'),
    ),
    by('argument', 3000, (text, nth) =>
      castellan.call('file_write', { path: `told-${nth}.txt`, content: text, mode: 'overwrite' }),
    ),
    by('process name', 900, (text) => running(text)),
    by(
      'credential',
      80,
      (label) =>
        castellan.api('POST', '/api/v1/credentials', {
          provider: 'anthropic',
          label,
          secret: 'sk-ant-api03-example-1234',
        }),
      oneLine,
    ),
    by('agent title', 80, (title, nth) =>
      castellan.api('PUT', `/api/v1/agents/told-${nth}`, { title, prompt: `prompt ${title}` }),
    ),
    by('chat name', 200, (title) => castellan.api('POST', '/api/v1/chats', { title })),
    by('token', 80, (name) => castellan.api('POST', '/api/v1/tokens', { name, scopes: ['read'] })),
    by('browser', 80, (name) =>
      castellan.root('POST', '/v1/operators', {
        body: { name, person: name, public_key: freshKey() },
        schema: OperatorKey,
      }),
    ),
    by('incident', 900, (summary, nth) =>
      castellan.call('incident_create', { subject: `${summary.slice(0, 190)} ${nth}`, summary }),
    ),
    by('fact', 3500, (text) => castellan.call('memory_store', { text, source: text.slice(0, 280), tags: [] })),
    by('routine', 480, (description, nth) =>
      castellan.call('routine_add', {
        ...{ name: `told-${nth}`, description, everySeconds: 2_678_400 },
        calls: [{ tool: 'file_write', args: { path: 'x.txt', content: description, mode: 'overwrite' } }],
      }),
    ),
    by('watcher', 480, (description, nth) =>
      castellan.call('watcher_add', {
        ...{ name: `told-${nth}`, description, everySeconds: 86_400 },
        check: { kind: 'disk', path: `/${description}`, abovePercent: 99 },
      }),
    ),
    by('destination', 240, (host) =>
      castellan.record({ type: 'egress_refused', host, found: host, ok: false, code: 'egress_denied' }),
    ),
    by(
      'model',
      200,
      (text, nth) => importing(castellan, text, nth),
      (text) => oneLine(text) && !text.includes('/'),
    ),
  ]
}

/** Raw, as browsers bring it. */
function freshKey(): string {
  const { publicKey } = generateKeyPairSync('ed25519')
  return Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url').toString('base64')
}

/** A process of that name, which lives as long as the test. */
async function running(name: string): Promise<void> {
  const child = spawn('sleep', ['600'], { argv0: name.replaceAll('\u0000', '') })
  onTestFinished(() => void child.kill())
}

/** A file that says it is a model of that name, and that the quarantine refuses. */
async function importing(castellan: Castellan, name: string, nth: number): Promise<void> {
  const path = `${name.slice(0, 120)} ${nth}.gguf`
  writeFileSync(join(castellan.workspace, path), name)
  await castellan.call('model_import', { path }).catch(() => undefined)
}
