import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { MAX_FRAME_BYTES } from '@castellan/contracts'
import { requires, until } from '@castellan/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ClientOptions, WebSocket } from 'ws'
import { type Chat, chatOn } from '../support/chat.ts'
import { certificateOptions, makeCertificate } from '../support/nixos/certificate.ts'
import { InstalledHost, installedHost } from '../support/nixos/installed-host.ts'
import { proxyAddress, Visitor, visitorAddress } from '../support/nixos/visitor.ts'

const configuration = `services.castellan = {
  ${certificateOptions.replace('hostName', `trustedProxies = [ "${proxyAddress}" ]; hostName`)}
};`

/** A claim of who is there (TEST-NET-3), which counts only where the proxy makes it. */
const claimed = '203.0.113.7'
/** Looks like a token, and is nobody's. */
const wrongToken = `cst_${randomBytes(32).toString('base64url')}`

installedHost.describe('a chat over wss, through nginx, from another machine', () => {
  let host: InstalledHost
  let visitor: Visitor
  let token: string
  let quiet: { socket: WebSocket; chat: Chat; pings: number; openedAt: number }

  beforeAll(async () => {
    host = await InstalledHost.install(configuration)
    await host.shell(makeCertificate)
    await host.start()
    visitor = await Visitor.arrive(host, 'castellan.test', await host.shell('cat /etc/tls/ca.pem'))
    token = (await host.shell('cat /var/lib/castellan-gateway/token')).trim()
    const socket = visitor.open(token)
    quiet = { socket, chat: await chatOn(socket), pings: 0, openedAt: performance.now() }
    socket.on('ping', () => {
      quiet.pings += 1
    })
  })

  afterAll(() => host?.[Symbol.asyncDispose]())

  /** Open until the test is over. */
  function open(options: Parameters<Visitor['open']>[1] = {}): WebSocket {
    const socket = visitor.open(token, options)
    onTestFinished(() => socket.terminate())
    return socket
  }

  /** The answer that came instead of a socket. */
  async function refused(options: ClientOptions & { from?: string; protocols?: string[] }, of = token) {
    const socket = visitor.open(of, options)
    onTestFinished(() => socket.terminate())
    socket.on('error', () => {})
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    return { status: response.statusCode, headers: response.headers }
  }

  const gatewayLog = () => host.shell('journalctl -u castellan-gateway -o cat --no-pager')

  test('answers a question with a tool, word by word, and the ledger has the call', async () => {
    const chat = await chatOn(open())
    chat.send({ type: 'chat', text: 'how full are my disks?' })
    const use = await chat.next('tool_use', 60_000)
    expect(use.name).toBe('disk_usage')
    const result = await chat.next('tool_result', 60_000)
    expect(result).toMatchObject({ call_id: use.call_id, ok: true, ledger_index: expect.any(Number) })
    await chat.next('done', 60_000)
    const entry = (await host.shell('agentctl ledger tail --json')).split('\n').find((line) => {
      return line.includes('disk_usage') && line.includes(use.call_id)
    })
    expect(entry).toBeDefined()
  })

  test('shows what it waits for while it waits, and goes on after a person said yes on the host', async () => {
    const chat = await chatOn(open())
    chat.send({ type: 'chat', chat_id: 'waiting', text: '/call file_write {"path":"notes.txt","content":"milk\\n"}' })
    const request = await chat.next('approval_required', 60_000)

    // The same chat by server-sent events: they are here although the answer goes on.
    const events = await visitor.begin('/api/v1/chats/waiting/events', {
      headers: { authorization: `Bearer ${token}` },
    })
    onTestFinished(() => void events.destroy())
    let seen = ''
    events.setEncoding('utf8').on('data', (text: string) => {
      seen += text
    })
    expect(events).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': expect.stringContaining('event-stream') },
    })
    await until('the question is told as an event', () => seen.includes(request.approval_id))

    await host.shell(`agentctl approve ${request.approval_id}`)
    const result = await chat.next('tool_result', 60_000)
    expect(result).toMatchObject({ ok: true, undo: { possible: true } })
    await chat.next('done', 60_000)
    expect(await host.shell('cat /var/lib/castellan/workspace/notes.txt')).toBe('milk\n')
    await host.shell(`agentctl undo ${result.ledger_index}`)
    await expect(host.shell('cat /var/lib/castellan/workspace/notes.txt')).rejects.toThrow('No such file')
    await until('the result is told as an event', () => seen.includes('event: tool_result'))
  })

  test('is opened by a browser’s subprotocols, too', async () => {
    const socket = open({ protocols: ['castellan.v1', `bearer.${token}`], origin: 'https://castellan.test' })
    const chat = await chatOn(socket)
    // Not the other one: what is answered may be logged, and that one is the token.
    expect(socket.protocol).toBe('castellan.v1')
    chat.send({ type: 'chat', text: '/tools' })
    await chat.next('done', 60_000)
  })

  test('takes a frame of 64 KiB, and closes with 1009 at one byte more', async () => {
    const frameOf = (bytes: number) => {
      const frame = (text: string) => JSON.stringify({ type: 'chat', text })
      return frame('x'.repeat(bytes - frame('').length))
    }
    const socket = open()
    const chat = await chatOn(socket)
    socket.send(frameOf(MAX_FRAME_BYTES))
    const answer = await until('it is answered', () => chat.frames.find(({ type }) => ['error', 'done'].includes(type)))
    expect(answer).not.toMatchObject({ code: 'frame_too_large' })
    expect(socket.readyState).toBe(socket.OPEN)

    const closed = once(socket, 'close')
    socket.send(frameOf(MAX_FRAME_BYTES + 1))
    const [code, reason] = (await closed) as [number, Buffer]
    expect(code).toBe(1009)
    expect(String(reason)).toContain('65536 bytes')
    expect(chat.frames.at(-1)).toMatchObject({ type: 'error', code: 'frame_too_large' })
  })

  test('is refused before the upgrade: to strangers, to other pages, and to more than three at once', async () => {
    expect(await refused({}, wrongToken)).toMatchObject({ status: 401 })
    expect(await refused({ protocols: ['castellan.v1', `bearer.${wrongToken}`] })).toMatchObject({ status: 401 })
    expect(await refused({ origin: 'https://evil.test' })).toMatchObject({ status: 403 })
    // The quiet one is the first.
    await Promise.all([chatOn(open()), chatOn(open())])
    expect(await refused({})).toMatchObject({ status: 429, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } })
  })

  test('and everything else by TLS only, which browsers remember', async () => {
    expect(await visitor.askPlainly('/chat?x=1')).toMatchObject({
      status: 301,
      headers: { location: 'https://castellan.test/chat?x=1' },
    })
    for (const [path, status] of [
      ['/health', 200],
      ['/api/v1/tools', 401],
    ] as const) {
      const reply = await visitor.ask(path)
      expect(reply.status).toBe(status)
      const named = reply.rawHeaders.filter((name) => name.toLowerCase() === 'strict-transport-security')
      expect(named).toHaveLength(1)
      expect(reply.headers['strict-transport-security']).toBe('max-age=31536000')
    }
    const large = await visitor.ask('/api/v1/tools', { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) })
    expect(large.status).toBe(413)
  })

  test('comes from the address in the gateway’s log, whatever the client claims', async () => {
    const claim = { 'x-forwarded-for': claimed, 'x-real-ip': claimed, forwarded: `for=${claimed}` }
    await visitor.ask('/api/v1/tools', { headers: claim })
    const socket = open({ headers: { ...claim, authorization: `Bearer ${token}` } })
    await chatOn(socket)
    const log = await gatewayLog()
    expect(log).toContain(`"address":"${visitorAddress}"`)
    expect(log).not.toContain(claimed)

    // A proxy that the configuration names is believed.
    await visitor.ask('/api/v1/tools', { headers: { 'x-forwarded-for': claimed }, from: proxyAddress })
    await until('it is logged', async () => (await gatewayLog()).includes(`"address":"${claimed}"`))
    expect(await gatewayLog()).not.toContain(`"address":"${proxyAddress}"`)
  })

  test('stays open while nobody says anything, because the gateway asks whether somebody is there', async () => {
    await until('it was asked', () => quiet.pings > 0, 120_000)
    expect(quiet.socket.readyState).toBe(quiet.socket.OPEN)
    quiet.chat.send({ type: 'chat', text: '/tools' })
    await quiet.chat.next('done', 60_000)
  })

  const long = requires.that(
    process.env.CASTELLAN_IDLE === 'full',
    'needs CASTELLAN_IDLE=full, because it takes 11 minutes',
  )
  long.test(
    'is closed with 4003 by the gateway, not by nginx, after ten minutes of silence',
    async () => {
      const socket = open()
      await chatOn(socket)
      const openedAt = performance.now()
      const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
      expect(code).toBe(4003)
      expect(String(reason)).toContain('Idle for too long')
      expect(performance.now() - openedAt).toBeGreaterThan(10 * 60_000 - 1000)
    },
    12 * 60_000,
  )

  test('leaves no token in any log', async () => {
    // Misused, too: where tokens do not belong.
    await visitor.ask(`/api/v1/tools?token=${token}`)
    await visitor.ask('/api/v1/tools', { headers: { authorization: `Bearer ${wrongToken}` } })
    const plain = await host.shell(`curl -s -D - 'http://127.0.0.1/page?token=${token}'`)
    expect(plain).toMatch(/^HTTP\/1\.1 301 /)
    expect(plain).toContain(`Location: https://127.0.0.1/page?token=${token}`)
    // Only told where it cannot be forged (RFC 6797, section 7.2).
    expect(plain).not.toContain('Strict-Transport-Security')
    const search = (word: string) =>
      host.shell(
        `sync; grep -rlaF -- '${word}' /var/log /run/log 2> /dev/null || true; journalctl --no-pager -a -o export | grep -caF -- '${word}' || true`,
      )
    // It finds what is there: where somebody came from, in nginx's log, in the journal's files and in its entries.
    const found = (await search(visitorAddress)).trim().split('\n')
    expect(found).toContain('/var/log/nginx/access.log')
    expect(found).toContainEqual(expect.stringMatching(/system\.journal$/))
    expect(Number(found.at(-1))).toBeGreaterThan(0)
    for (const secret of [token, wrongToken, token.slice(4)]) expect((await search(secret)).trim()).toBe('0')
  })
})
