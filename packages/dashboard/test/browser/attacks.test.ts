import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { say } from '../support/engine.ts'
import { signedIn, type Visit } from '../support/visit.ts'

// Real processes and a real browser, on machines that may be busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** What an attack would have done, had it worked: a call that changes nothing and is on record, unlike any other call here. */
const CALL = JSON.stringify({ tool: 'time_status', args: {} })
const JSON_HEADERS = { 'content-type': 'application/json' }

requires.browser().describe('pages of others, while the owner is signed in', () => {
  let castellan: Castellan
  let browser: Browser
  let elsewhere: Server
  let port: number

  beforeAll(async () => {
    castellan = await startCastellan()
    // Anybody can make a name that leads to this machine; here the browser is told so instead of a name server.
    browser = await openBrowser('--host-resolver-rules=MAP evil.example 127.0.0.1')
    elsewhere = createServer((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>elsewhere</title><h1>elsewhere</h1>')
    }).listen(0, '127.0.0.1')
    await once(elsewhere, 'listening')
    port = (elsewhere.address() as AddressInfo).port
  })

  afterAll(async () => {
    await browser?.close()
    elsewhere?.close()
    elsewhere?.closeAllConnections()
    await castellan?.stop()
  })

  /** Another port of this machine, which gets the gateway's cookies, and another machine. */
  const attackers = ['127.0.0.1', 'evil.example'] as const

  /** A browser that is signed in, with a page of somebody else's in front. */
  async function lured(host: string): Promise<{ owner: Visit; page: Page; cookie: string }> {
    const owner = await signedIn(browser, castellan)
    const page = await owner.context.newPage()
    await page.goto(`http://${host}:${port}/`)
    const [session] = (await owner.context.cookies()).filter(({ name }) => name.includes('session'))
    return { owner, page, cookie: `${session?.name}=${session?.value}` }
  }

  /** How many calls the attack has made. */
  async function calls(): Promise<number> {
    const { items } = (await castellan.api('GET', '/api/v1/ledger/entries?tool=time_status&limit=1')) as { items: [] }
    return items.length
  }

  const stillSignedIn = async ({ page }: Visit): Promise<boolean> => {
    return (await page.evaluate(async () => (await fetch('/session')).json())).signed_in
  }

  /** What a request said by hand is answered with: the status line and all that follows. */
  async function raw(...lines: readonly string[]): Promise<string> {
    const socket = connect(Number(new URL(castellan.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    return text(socket)
  }

  test('the same acts work from the page itself, so that refusing them elsewhere means something', async () => {
    const { page } = await signedIn(browser, castellan)
    const status = await page.evaluate(
      async ([body, headers]) => {
        return (await fetch('/api/v1/calls', { method: 'POST', headers, body })).status
      },
      [CALL, JSON_HEADERS] as const,
    )
    expect(status).toBe(201)
    expect(await calls()).toBe(1)
  })

  describe.each(attackers)('from %s', (host) => {
    test('cannot frame the page', async () => {
      const { page } = await lured(host)
      const named = host === 'evil.example' ? castellan.url : castellan.namedUrl
      for (const tag of ['iframe', 'embed', 'object']) {
        for (const url of [castellan.url, named]) {
          await page.evaluate(
            ([name, address]) => {
              const frame = document.createElement(name)
              frame.setAttribute(name === 'object' ? 'data' : 'src', `${address}/`)
              document.body.append(frame)
            },
            [tag, url] as const,
          )
        }
      }
      // The control: this page may be framed, so what follows is not because frames are slow.
      await page.evaluate(() => {
        const frame = document.createElement('iframe')
        frame.src = location.href
        frame.name = 'control'
        document.body.append(frame)
      })
      await expect.poll(() => page.frame('control')?.title()).toBe('elsewhere')
      const others = () => page.frames().filter((frame) => frame !== page.mainFrame() && frame.name() !== 'control')
      await expect.poll(() => others().filter((frame) => frame.url() !== 'chrome-error://chromewebdata/')).toEqual([])
      const drawn = others().map((frame) =>
        frame
          .locator('#page')
          .count()
          .catch(() => 0),
      )
      expect(Math.max(...(await Promise.all(drawn)))).toBe(0)
    })

    test('cannot have anything done by a form', async () => {
      const { owner, page } = await lured(host)
      const before = await calls()
      const forms = [
        ['/api/v1/calls', 'text/plain', CALL.slice(0, -1), `"x":"`],
        ['/api/v1/calls', 'application/x-www-form-urlencoded', 'tool', 'time_status'],
        ['/api/v1/calls', 'multipart/form-data', 'tool', 'time_status'],
        ['/sign-out', 'text/plain', 'x', ''],
        ['/sign-in', 'text/plain', '{"proof":"', '"}'],
      ] as const
      for (const [path, enctype, name, value] of forms) {
        await page.goto(`http://${host}:${port}/`)
        const answering = page.waitForResponse((response) => response.url().endsWith(path))
        await page.evaluate(
          ([action, type, field, content]) => {
            const form = document.createElement('form')
            Object.assign(form, { action, method: 'post', enctype: type })
            const input = document.createElement('input')
            Object.assign(input, { type: 'hidden', name: field, value: content })
            form.append(input)
            document.body.append(form)
            // Once this has answered: the page goes away with it.
            setTimeout(() => form.submit(), 0)
          },
          [`${castellan.url}${path}`, enctype, name, value] as const,
        )
        expect((await answering).status(), `${path} as ${enctype}`).toBe(403)
        await page.waitForURL(`**${path}`)
      }
      expect(await calls()).toBe(before)
      expect(await stillSignedIn(owner)).toBe(true)
    })

    test('cannot have anything done, or read, by fetching it with the cookies', async () => {
      const { page, owner } = await lured(host)
      const before = await calls()
      const tried = await page.evaluate(
        async ([url, body, headers]) => {
          const simple = { 'content-type': 'text/plain' }
          const ways: [string, string, RequestInit][] = [
            ['call, with a preflight', '/api/v1/calls', { method: 'POST', headers, body }],
            ['call, without one', '/api/v1/calls', { method: 'POST', headers: simple, body }],
            ['call, blindly', '/api/v1/calls', { method: 'POST', mode: 'no-cors', headers: simple, body }],
            ['sign out, blindly', '/sign-out', { method: 'POST', mode: 'no-cors' }],
            ['read the chat', '/api/v1/chats/main/transcript', {}],
            ['read the session', '/session', {}],
            ['read health', '/health', {}],
          ]
          const read: string[] = []
          for (const [what, path, init] of ways) {
            const answer = await fetch(`${url}${path}`, { credentials: 'include', ...init }).catch(() => undefined)
            if (answer !== undefined && (answer.type !== 'opaque' || (await answer.text()) !== '')) read.push(what)
          }
          navigator.sendBeacon(`${url}/api/v1/calls`, body)
          return read
        },
        [castellan.url, CALL, JSON_HEADERS] as const,
      )
      expect(tried).toEqual([])
      const embedded = await page.evaluate(async (url) => {
        const loads = (tag: string, attribute: string, address: string) =>
          new Promise<boolean>((resolve) => {
            const element = document.createElement(tag)
            element.onload = () => resolve(true)
            element.onerror = () => resolve(false)
            element.setAttribute(attribute, `${url}${address}`)
            if (tag === 'link') element.setAttribute('rel', 'stylesheet')
            document.head.append(element)
          })
        return [
          await loads('img', 'src', '/castellan.svg'),
          await loads('script', 'src', '/api/v1/chats/main/transcript'),
          await loads('script', 'src', '/session'),
          await loads('link', 'href', '/session'),
        ]
      }, castellan.url)
      expect(embedded).toEqual([false, false, false, false])
      expect(await calls()).toBe(before)
      expect(await stillSignedIn(owner)).toBe(true)
    })

    test('cannot open the chat', async () => {
      const { page } = await lured(host)
      const opened = await page.evaluate(
        (url) =>
          new Promise<boolean>((resolve) => {
            const socket = new WebSocket(url)
            socket.onopen = () => resolve(true)
            socket.onclose = () => resolve(false)
          }),
        `${castellan.url.replace('http', 'ws')}/ws`,
      )
      expect(opened).toBe(false)
    })

    test('cannot keep hold of the page in a window of its own', async () => {
      const { page, owner } = await lured(host)
      const opening = owner.context.waitForEvent('page')
      // With a click, as a blocker of such windows wants it.
      await page.evaluate((url) => {
        document.body.addEventListener('click', () => Object.assign(window, { taken: open(url, 'taken') }), {
          once: true,
        })
      }, `${castellan.url}/`)
      await page.locator('body').click()
      const popup = await opening
      await popup
        .getByRole('textbox', { name: 'Message' })
        .or(popup.getByRole('button', { name: 'Sign in', exact: true }))
        .first()
        .waitFor()
      expect(await popup.evaluate(() => window.opener)).toBeNull()
      const held = await page.evaluate(() => {
        const { taken } = window as unknown as { taken: Window }
        taken.postMessage({ type: 'chat', text: 'hello' }, '*')
        // Led away it would be a page that looks like ours.
        taken.location.href = 'about:blank#led-away'
        return { closed: taken.closed, frames: taken.length }
      })
      expect(held).toEqual({ closed: true, frames: 0 })
      expect(popup.url()).not.toContain('led-away')
    })
  })

  test('whoever is led away from the page gets no way back to it', async () => {
    const { page, ask, context } = await signedIn(browser, castellan)
    const target = `http://127.0.0.1:${port}/`
    castellan.engine.answer = () => say(`See [this](${target}).`)
    await ask('where?')
    const opening = context.waitForEvent('page')
    await page.getByRole('link', { name: 'this' }).last().click()
    const led = await opening
    await led.waitForLoadState()
    expect(await led.evaluate(() => [window.opener, document.referrer])).toEqual([null, ''])
  })

  test('the sign-in is a cookie that no script sees and no other site sends', async () => {
    const { page, context } = await signedIn(browser, castellan)
    const session = (await context.cookies()).find(({ name }) => name.includes('session'))
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' })
    expect(await page.evaluate(() => document.cookie)).toBe('')
  })

  test('a name that was made to lead here is answered with a refusal, to the page and to whatever it fetches', async () => {
    const { context } = await signedIn(browser, castellan)
    const page = await context.newPage()
    const rebound = castellan.url.replace('127.0.0.1', 'evil.example')
    const answer = await page.goto(rebound)
    expect(answer?.status()).toBe(403)
    expect(await page.content()).toContain('host_refused')
    // The refusal is a document of that name: its policy keeps whatever runs in it from asking for more.
    const reached = await page.evaluate(() =>
      Promise.all(
        ['/health', '/session', '/castellan.svg'].map((path) =>
          fetch(path).then(
            ({ ok }) => ok,
            () => false,
          ),
        ),
      ),
    )
    expect(reached).toEqual([false, false, false])
  })

  test.each([
    ['another name', ['Host: evil.example'], 403],
    ['another name with our port', ['Host: evil.example:PORT'], 403],
    ['a name that begins like ours', ['Host: localhost.evil.example:PORT'], 403],
    ['a name that ends like ours', ['Host: evil-localhost:PORT'], 403],
    ['our name as a user', ['Host: localhost:PORT@evil.example'], 403],
    ['a dot at the end', ['Host: localhost.:PORT'], 403],
    ['the address of all interfaces', ['Host: 0.0.0.0:PORT'], 403],
    ['another way to write the address', ['Host: 2130706433:PORT'], 403],
    ['two names', ['Host: localhost:PORT', 'Host: evil.example'], 400],
    ['no name', [], 400],
    ['an empty name', ['Host:'], 403],
    ['a name that a proxy would have sent', ['Host: evil.example', 'X-Forwarded-Host: localhost:PORT'], 403],
  ])('by hand, %s is refused', async (_what, hosts, status) => {
    const at = new URL(castellan.url).port
    const answer = await raw(
      'GET /health HTTP/1.1',
      ...hosts.map((line) => line.replace('PORT', at)),
      'Connection: close',
    )
    expect(answer.split(' ')[1]).toBe(String(status))
  })

  test('by hand, an address in the request line does not stand for the name', async () => {
    const answer = await raw('GET http://evil.example/health HTTP/1.1', 'Host: evil.example', 'Connection: close')
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
  })

  test.each([
    ['a page of another site', 'Origin: https://evil.example'],
    ['another port', 'Origin: http://127.0.0.1:1'],
    ['a sandboxed frame', 'Origin: null'],
    ['our address over TLS', 'Origin: https://127.0.0.1:PORT'],
    ['nobody at all', undefined],
  ])('by hand, a chat with the cookie is refused to %s', async (_who, origin) => {
    const { cookie } = await lured('127.0.0.1')
    const { host, port: at } = new URL(castellan.url)
    const answer = await raw(
      'GET /ws HTTP/1.1',
      `Host: ${host}`,
      ...(origin === undefined ? [] : [origin.replace('PORT', at)]),
      `Cookie: ${cookie}`,
      ...[
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
      ],
    )
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('by hand, what a page embeds without naming its origin is refused, and so is a change without one', async () => {
    const { cookie } = await lured('127.0.0.1')
    const { host } = new URL(castellan.url)
    const asked = (...lines: readonly string[]) =>
      raw(...lines, `Host: ${host}`, `Cookie: ${cookie}`, 'Connection: close')
    for (const site of ['same-site', 'cross-site']) {
      const embedding = [`Sec-Fetch-Site: ${site}`, 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image']
      expect(await asked('GET /session HTTP/1.1', ...embedding)).toMatch(/^HTTP\/1\.1 403 /)
    }
    const body = ['Content-Type: application/json', 'Content-Length: 2']
    expect(await asked('DELETE /api/v1/chats/main HTTP/1.1')).toMatch(/^HTTP\/1\.1 403 /)
    expect(await asked('POST /api/v1/calls HTTP/1.1', ...body)).toMatch(/^HTTP\/1\.1 403 /)
    expect(await asked('GET /session HTTP/1.1')).toMatch(/^HTTP\/1\.1 200 /)
  })
})
