import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { airlock } from '../../../airlock/test/support/airlock.ts'
import { Authority } from '../../../airlock/test/support/certificates.ts'
import { startUpstream } from '../../../airlock/test/support/upstream.ts'
import { type DownloadOptions, download } from '../../src/models/download.ts'
import { opened, throughAirlock } from '../../src/models/way-out.ts'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** What the CDN does with one answer; nothing of it: it sends what was asked for. */
type Misbehaviour = (response: ServerResponse, range: { from: number }, content: Buffer) => boolean

/** A hub that leads to a CDN of another name, both real TLS servers, and a real airlock that reaches them. */
async function publisher(content: Buffer, { hub = {} as Record<string, string> } = {}) {
  const state = { content, misbehaviours: [] as Misbehaviour[], leadsTo: 'cdn.test', tells: true, ranges: true }
  const authority = new Authority()
  const cdn = await startUpstream(
    ['cdn.test', 'evil.test'],
    (request, response) => {
      if (request.method === 'HEAD')
        return void response.writeHead(200, { 'content-length': state.content.length }).end()
      const from = state.ranges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
      const body = state.content.subarray(from)
      const last = state.content.length - 1
      const partial = { 'content-range': `bytes ${from}-${last}/${state.content.length}` }
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length, ...(from > 0 ? partial : {}) })
      const misbehaves = state.misbehaviours.shift()
      if (misbehaves?.(response, { from }, body) !== true) response.end(body)
    },
    { authority },
  )
  const front = await startUpstream(
    ['hub.test'],
    (_request, response) => {
      const told = { 'x-linked-etag': `"${sha256(state.content)}"`, 'x-linked-size': `${state.content.length}`, ...hub }
      const location = `https://${state.leadsTo}:${cdn.port}/file?signature=${'f'.repeat(64)}`
      response.writeHead(302, { location, ...(state.tells ? told : {}) }).end()
    },
    { authority },
  )
  const lock = await airlock({
    zone: { 'hub.test': ['127.0.0.1'], 'cdn.test': ['127.0.0.1'], 'evil.test': ['127.0.0.1'] },
  })
  const folder = temporaryFolder()
  const notes: string[] = []
  const progress: [number, number][] = []
  const destinations = [
    { host: 'hub.test', port: front.port, reach: 'loopback' as const, ca: authority.cert },
    {
      host: 'cdn.test',
      port: cdn.port,
      reach: 'loopback' as const,
      ca: authority.cert,
      inspect: { entropy: 'allow' as const },
    },
  ]
  const get = (options: Partial<DownloadOptions> = {}) =>
    opened(lock.operator, destinations, () =>
      download({
        ...{ address: new URL(`https://hub.test:${front.port}/model.gguf`), file: join(folder, 'model.gguf') },
        ask: throughAirlock(lock.gateway),
        mayLead: (url) => url.hostname === 'cdn.test',
        onProgress: (done, total) => progress.push([done, total]),
        onNote: (text) => notes.push(text),
        signal: new AbortController().signal,
        pauseMs: 1,
        ...options,
      }),
    )
  return { state, cdn, front, lock, folder, file: join(folder, 'model.gguf'), notes, progress, get }
}

/** Sends so many bytes of what was asked for, and breaks the line. */
const breaksAfter =
  (bytes: number): Misbehaviour =>
  (response, _range, body) => {
    response.write(body.subarray(0, bytes), () => response.destroy())
    return true
  }

const content = () => randomBytes(300_000)

describe('a download', () => {
  it('comes through the airlock, follows to the CDN, and is compared with the digest that the publisher shows', async () => {
    const bytes = content()
    const { get, file, lock, progress } = await publisher(bytes)
    expect(await get()).toEqual({ sha256: sha256(bytes), bytes: bytes.length, vouched: 'publisher' })
    expect(readFileSync(file)).toEqual(bytes)
    expect([existsSync(`${file}.part`), existsSync(`${file}.part.json`)]).toEqual([false, false])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(progress.at(-1)).toEqual([bytes.length, bytes.length])
    // Nothing that was opened for it is open any more.
    expect((await lock.listing()).destinations).toEqual([])
  })

  it('goes on where the line broke, as often as it does', async () => {
    const bytes = content()
    const { get, file, state, cdn } = await publisher(bytes)
    state.misbehaviours = [breaksAfter(100_000), breaksAfter(50_000), breaksAfter(1)]
    await get()
    expect(readFileSync(file)).toEqual(bytes)
    const ranges = cdn.requests.filter(({ method }) => method === 'GET').map(({ headers }) => headers.range)
    expect(ranges[0]).toBeUndefined()
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true)
  })

  it('goes on in another run with what an earlier one left', async () => {
    const bytes = content()
    const { get, file, state, cdn } = await publisher(bytes)
    state.misbehaviours = [breaksAfter(120_000), ...Array.from({ length: 40 }, () => breaksAfter(0))]
    await expect(get()).rejects.toMatchObject({
      code: 'egress_failed',
      message: expect.stringContaining('goes on from there'),
    })
    const kept = statSync(`${file}.part`).size
    expect(kept).toBeGreaterThan(0)
    state.misbehaviours = []
    const before = cdn.requests.length
    await get()
    expect(readFileSync(file)).toEqual(bytes)
    expect(cdn.requests.slice(before).find(({ method }) => method === 'GET')?.headers.range).toBe(`bytes=${kept}-`)
  })

  it('begins again when the file is another one by then, in the middle or between two runs', async () => {
    const [old, new_] = [content(), content()]
    const { get, file, state, notes } = await publisher(old)
    state.misbehaviours = [
      (response, _range, body) => {
        state.content = new_
        return breaksAfter(100_000)(response, { from: 0 }, body)
      },
    ]
    expect(await get()).toMatchObject({ sha256: sha256(new_) })
    expect(readFileSync(file)).toEqual(new_)
    expect(notes.join(' ')).toContain('begun again')
  })

  it('begins again where the CDN does no ranges', async () => {
    const bytes = content()
    const { get, file, state } = await publisher(bytes)
    state.ranges = false
    state.misbehaviours = [breaksAfter(100_000)]
    await get()
    expect(readFileSync(file)).toEqual(bytes)
  })

  it('takes no more than the file has, whatever is sent', async () => {
    const bytes = content()
    const { get, file } = await publisher(bytes, { hub: { 'x-linked-size': '1000' } })
    await expect(get()).rejects.toMatchObject({ code: 'model_invalid', message: expect.stringContaining('1000 bytes') })
    expect(existsSync(file)).toBe(false)
  })

  it('believes no length that is not reached', async () => {
    const bytes = content()
    const { get, file } = await publisher(bytes, { hub: { 'x-linked-size': '400000' } })
    await expect(get()).rejects.toMatchObject({ code: 'egress_failed' })
    expect(existsSync(file)).toBe(false)
  })

  it('deletes what has another digest than the publisher shows, or than was pinned', async () => {
    const bytes = content()
    const shown = await publisher(bytes, { hub: { 'x-linked-etag': `"${'a'.repeat(64)}"` } })
    await expect(shown.get()).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('deleted'),
    })
    expect([existsSync(shown.file), existsSync(`${shown.file}.part`)]).toEqual([false, false])
    const pinned = await publisher(bytes)
    await expect(pinned.get({ sha256: 'b'.repeat(64) })).rejects.toMatchObject({ code: 'model_invalid' })
    expect(await pinned.get({ sha256: sha256(bytes) })).toMatchObject({ vouched: 'pinned' })
  })

  it('refuses a file of another size than is known before a byte of it comes', async () => {
    const { get, cdn } = await publisher(content())
    await expect(get({ bytes: 299_999 })).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('replaced'),
    })
    expect(cdn.requests.filter(({ method }) => method === 'GET')).toEqual([])
  })

  it('follows to no host that was not named', async () => {
    const { get, state, cdn } = await publisher(content())
    state.leadsTo = 'evil.test'
    await expect(get()).rejects.toMatchObject({
      code: 'egress_denied',
      message: expect.stringContaining('--host evil.test'),
    })
    expect(cdn.requests).toEqual([])
  })

  it('follows to no host that the airlock does not let out to, even where it was named', async () => {
    const { get, state, cdn } = await publisher(content())
    state.leadsTo = 'evil.test'
    await expect(get({ mayLead: () => true })).rejects.toMatchObject({ code: 'egress_denied' })
    expect(cdn.requests).toEqual([])
  })

  it('says that nobody vouched where the publisher shows no digest, and keeps no part that it cannot tell apart', async () => {
    const bytes = content()
    const { get, file, state } = await publisher(bytes)
    state.tells = false
    state.misbehaviours = [breaksAfter(100_000)]
    expect(await get()).toMatchObject({ vouched: 'nobody', sha256: sha256(bytes) })
    expect(readFileSync(file)).toEqual(bytes)
  })

  it('does not trust a part that somebody else left', async () => {
    const bytes = content()
    const { get, file, state } = await publisher(bytes)
    writeFileSync(`${file}.part`, randomBytes(1000))
    await get()
    expect(readFileSync(file)).toEqual(bytes)
    // One that was exchanged behind its note is found out by the digest.
    state.misbehaviours = [breaksAfter(150_000), ...Array.from({ length: 40 }, () => breaksAfter(0))]
    await expect(get()).rejects.toMatchObject({ code: 'egress_failed' })
    truncateSync(`${file}.part`, 0)
    truncateSync(`${file}.part`, 1000)
    state.misbehaviours = []
    await expect(get()).rejects.toMatchObject({ code: 'model_invalid' })
  })

  it('stops when it is told to, and keeps what came', async () => {
    const bytes = content()
    const { get, file, state } = await publisher(bytes)
    const stopping = new AbortController()
    state.misbehaviours = [
      (response, _range, body) => {
        response.write(body.subarray(0, 100_000))
        return true
      },
    ]
    const onProgress = () => stopping.abort()
    await expect(get({ signal: stopping.signal, onProgress })).rejects.toThrow()
    expect(statSync(`${file}.part`).size).toBeGreaterThan(0)
    state.misbehaviours = []
    expect(await get()).toMatchObject({ sha256: sha256(bytes) })
  })

  it('gives the airlock back as it was, also where an entry was there before', async () => {
    const { get, lock, front, cdn } = await publisher(content())
    const own = await lock.allow({ host: 'other.test' })
    await get()
    expect((await lock.listing()).destinations.map(({ id }) => id)).toEqual([own.id])
    expect([front.requests.length, cdn.requests.length]).not.toContain(0)
  })
})
