import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { requires } from '@castellan/testing'
import type { Browser, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { type Answer, callFor, say, stop } from '../support/engine.ts'
import { signedIn, visit } from '../support/visit.ts'

/** Like the built-in model: one call for what was asked, then the tool's own summary. */
const ordinary: Answer = ({ messages }) => {
  const last = messages.at(-1)
  if (last?.role === 'tool') return say(last.summary)
  const text = last?.role === 'user' ? last.text : ''
  if (text.includes('disks')) return callFor('disk_usage')
  if (text.includes('note')) return callFor('file_write', NOTE)
  return say('I ', 'heard ', `“${text}”.`)
}

/** The newest answer with exactly this text. */
const answer = (page: Page, text: string) => page.locator('.answer').getByText(text, { exact: true }).last()

const NOTE = { path: 'notes.txt', content: 'Buy a bigger disk.\nCall Anna.\n', mode: 'overwrite' }

// Real processes and a real browser, on machines that may be busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

requires.browser().describe('the page in a browser, with the real gateway and agentd', () => {
  let castellan: Castellan
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan()
    browser = await openBrowser()
  })

  beforeEach(() => {
    castellan.engine.answer = ordinary
  })

  afterAll(async () => {
    await browser?.close()
    await castellan?.stop()
  })

  test('the code in the address signs in, and is gone from the address and the history', async () => {
    const { page, complaints } = await signedIn(browser, castellan)
    expect(page.url()).toBe(`${castellan.url}/`)
    expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2)
    const extractable = await page.evaluate(async () => {
      const opening = indexedDB.open('castellan')
      await new Promise((resolve) => {
        opening.onsuccess = resolve
      })
      const getting = opening.result.transaction('operator-key').objectStore('operator-key').get('this-browser')
      await new Promise((resolve) => {
        getting.onsuccess = resolve
      })
      return (getting.result as { privateKey: CryptoKey }).privateKey.extractable
    })
    expect(extractable).toBe(false)
    expect(complaints).toEqual([])
  })

  test('a wrong code and a spent one get a clear sentence, and a right one typed by hand signs in', async () => {
    const { page } = await visit(browser, castellan)
    await page.goto(castellan.url)
    await page.getByText('npx agentctl sign-in').waitFor()
    const field = page.getByRole('textbox', { name: 'Sign-in code' })
    const submit = async (code: string) => {
      await field.fill(code)
      await page.keyboard.press('Enter')
    }
    await submit('AAAAA-AAAAA-AAAAA-AAAAA')
    await page.getByText(strings.signIn.wrongCode).waitFor()
    const code = await castellan.signInCode()
    await submit(` ${code.toLowerCase().replaceAll('-', ' ')} `)
    await page.getByRole('textbox', { name: 'Message' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await submit(code)
    await page.getByText(strings.signIn.wrongCode).waitFor()
  })

  test('signing out ends the session in every tab', async () => {
    const { page, context } = await signedIn(browser, castellan)
    const other = await context.newPage()
    await other.goto(castellan.url)
    await other.getByRole('textbox', { name: 'Message' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    await other.getByText(strings.signIn.ended).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  })

  test('a question is answered with the real figures, and is still there after a reload', async () => {
    const { page, ask, complaints } = await signedIn(browser, castellan)
    await ask('how full are my disks?')
    const card = page.getByRole('article', { name: 'disk_usage, Done' }).last()
    await card.getByRole('columnheader', { name: 'Mount point' }).waitFor()
    expect(await card.getByText(/^[\d.]+ [GMT]B$/).count()).toBeGreaterThan(1)
    expect(await card.getByText(/^№ \d+$/).getAttribute('title')).toContain('tamper-evident')
    const summary = page.locator('.answer p').last()
    await summary.getByText('% full').waitFor()
    const words = (await summary.textContent()) ?? ''
    await page.reload()
    await answer(page, words).waitFor()
    await page.getByRole('article', { name: 'disk_usage, Done' }).first().waitFor()
    expect(complaints).toEqual([])
  })

  test('an example is one click away in an empty chat', async () => {
    await castellan.emptyChat()
    const { page } = await signedIn(browser, castellan)
    await page.getByRole('button', { name: 'how full are my disks?' }).click()
    await page.getByRole('article', { name: 'disk_usage, Done' }).waitFor()
  })

  test('a change waits for a yes, is signed by this browser, and can be taken back', async () => {
    const { page, ask, complaints } = await signedIn(browser, castellan)
    const file = join(castellan.workspace, NOTE.path)
    await ask('write a note')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.locator('.arguments').getByText('Call Anna.').waitFor()
    await approval.locator('.diff .added').first().waitFor()
    expect(await approval.locator('.diff .added').allTextContents()).toEqual(['+Buy a bigger disk.\n', '+Call Anna.\n'])
    expect(await approval.locator('.undo-note').textContent()).toContain('Undo')
    expect(await approval.getByText(/^\d+:\d\d left$/).count()).toBe(1)
    expect(existsSync(file)).toBe(false)
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')

    await approval.getByRole('button', { name: /Approve once/ }).click()
    const card = page.getByRole('article', { name: 'file_write, Done' }).last()
    await card.getByText('Approved by Chrome on Linux').waitFor()
    expect(readFileSync(file, 'utf8')).toBe(NOTE.content)
    expect(await card.evaluate((element) => element.contains(document.activeElement))).toBe(true)

    await card.getByRole('button', { name: 'Undo' }).click()
    const again = page.getByRole('region', { name: strings.approval.title })
    await again.focus()
    await page.keyboard.press('a')
    await card.getByText(strings.tool.undone).waitFor()
    expect(existsSync(file)).toBe(false)
    expect(complaints).toEqual([])
  })

  test('a no is a no, and its key works only in the card', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await ask('write a note')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.waitFor()
    await page.keyboard.type('add')
    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('add')
    expect(await approval.count()).toBe(1)
    await page.getByRole('button', { name: strings.chat.showApproval }).click()
    await page.keyboard.press('d')
    await page
      .getByRole('article', { name: 'file_write, Not done' })
      .last()
      .getByText('Denied by Chrome on Linux')
      .waitFor()
    expect(existsSync(join(castellan.workspace, NOTE.path))).toBe(false)
  })

  test('"always" shows the rule first, and from then on the same call runs without asking', async () => {
    const { page, ask, complaints } = await signedIn(browser, castellan)
    castellan.engine.answer = ({ messages }) => {
      const last = messages.at(-1)
      return last?.role === 'tool' ? say(last.summary) : callFor('file_write', { ...NOTE, path: 'always.txt' })
    }
    await ask('write it')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.getByRole('button', { name: strings.approval.always }).click()
    await approval.locator('.rule').getByText('action == Action::"file_write"').waitFor()
    await approval.getByRole('button', { name: strings.approval.alwaysConfirm }).click()
    await page.getByText('Approved by Chrome on Linux').last().waitFor()
    await page.getByRole('article', { name: 'file_write, Done' }).last().waitFor()

    const before = await page.getByRole('article', { name: 'file_write, Done' }).count()
    await ask('write it again')
    await expect.poll(() => page.getByRole('article', { name: 'file_write, Done' }).count()).toBe(before + 1)
    expect(complaints).toEqual([])
  })

  test('a command that only reads is answered while an approval is waited for', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await ask('write a note')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.waitFor()
    await ask('/status')
    await page.locator('.answer').getByText('agentd: ready').last().waitFor()
    await page.locator('.status-line').getByText('Waiting for your approval').waitFor()
    await approval.focus()
    await page.keyboard.press('d')
    await approval.waitFor({ state: 'detached' })
  })

  test('what was decided elsewhere shows who decided', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await ask('write a note')
    await page.getByRole('region', { name: strings.approval.title }).waitFor()
    await castellan.decide('deny')
    await page
      .getByText(/^Denied by /)
      .last()
      .waitFor()
  })

  test('Escape stops a turn, and the model hears of it', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    let stopped = false
    castellan.engine.answer = async function* (_request, signal) {
      signal.addEventListener('abort', () => {
        stopped = true
      })
      while (!signal.aborted) {
        yield { type: 'text', text: 'on and ' }
        await delay(20)
      }
    }
    await ask('go on for ever')
    await page.getByText('on and on and').last().waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.status-line').getByText('Stopped.').waitFor()
    await expect.poll(() => stopped).toBe(true)
    castellan.engine.answer = ordinary
    await ask('are you there?')
    await answer(page, 'I heard “are you there?”.').waitFor()
  })

  test('a lost connection comes back by itself without losing a word', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    const sockets: WebSocketRoute[] = []
    await page.routeWebSocket('**/ws', (socket) => {
      sockets.push(socket)
      socket.connectToServer()
    })
    await page.reload()
    let goOn = () => {}
    const cut = new Promise<void>((resolve) => {
      goOn = resolve
    })
    castellan.engine.answer = async function* () {
      yield { type: 'text', text: 'Before the loss, ' }
      await cut
      yield { type: 'text', text: 'during it, ' }
      yield { type: 'text', text: 'and after it.' }
      yield stop
    }
    await ask('tell me')
    await page.locator('.answer').getByText('Before the loss,').waitFor()
    await sockets.at(-1)?.close({ code: 1011 })
    await page
      .getByText(/Connection lost|Connecting/)
      .first()
      .waitFor()
    goOn()
    await answer(page, 'Before the loss, during it, and after it.').waitFor()
    castellan.engine.answer = ordinary
    await ask('and now?')
    await answer(page, 'I heard “and now?”.').waitFor()
    expect(await page.getByText('tell me', { exact: true }).count()).toBe(1)
  })

  test('a restarted gateway still has what was said', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await ask('before the restart')
    await answer(page, 'I heard “before the restart”.').waitFor()
    await castellan.restartGateway()
    await page.reload()
    await answer(page, 'I heard “before the restart”.').waitFor()
    await ask('after the restart')
    await answer(page, 'I heard “after the restart”.').waitFor()
  })

  test('a restarted gateway is found again, and that a chat was deleted meanwhile is marked', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await ask('before')
    await answer(page, 'I heard “before”.').waitFor()
    await castellan.emptyChat()
    await castellan.restartGateway()
    await page.getByText(strings.chat.restarted).last().waitFor()
    await ask('after')
    await answer(page, 'I heard “after”.').waitFor()
    await answer(page, 'I heard “before”.').waitFor()
  })

  test('suggestions are buttons, and answer to their number', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    castellan.engine.answer = (request, signal) => {
      const last = request.messages.at(-1)
      if (last?.role !== 'user' || last.text !== 'space') return ordinary(request, signal)
      const choice = { args: {}, confidence: 0.4 }
      const choices = [
        { ...choice, name: 'disk_usage', label: 'See how full the disks are' },
        { ...choice, name: 'memory_usage', label: 'See how full memory is' },
      ]
      return [{ type: 'choices', choices }, stop]
    }
    await ask('space')
    const suggestion = page.getByRole('button', { name: 'See how full memory is' }).last()
    await suggestion.click()
    await page.getByRole('article', { name: 'memory_usage, Done' }).waitFor()
    expect(await suggestion.isDisabled()).toBe(true)
    await ask('space')
    await page.locator('.suggestions button:enabled').first().waitFor()
    await ask('1')
    await expect.poll(() => page.getByRole('article', { name: 'disk_usage, Done' }).count()).toBeGreaterThan(0)
  })

  test('the keyboard is enough: commands complete, Shift+Enter breaks, Up recalls', async () => {
    const { page } = await signedIn(browser, castellan)
    const input = page.getByRole('textbox', { name: 'Message' })
    await page.keyboard.type('/st')
    await page.getByRole('option', { name: /status/ }).waitFor()
    await page.keyboard.press('Tab')
    expect(await input.inputValue()).toBe('/status')
    await page.keyboard.press('Enter')
    await page
      .getByText(/agentd: ready/)
      .last()
      .waitFor()
    await page.keyboard.type('two')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('lines')
    expect(await input.inputValue()).toBe('two\nlines')
    await input.fill('')
    await page.keyboard.press('ArrowUp')
    expect(await input.inputValue()).toBe('/status')
    await page.keyboard.press('ArrowDown')
    expect(await input.inputValue()).toBe('')
  })

  test('a call that fails says why', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await ask('/call file_read {"path":"../../etc/shadow"}')
    await page.getByRole('article', { name: 'file_read, Failed' }).last().getByText('path_outside_roots').waitFor()
    await ask('/nonsense')
    await page.locator('.error-item').getByText('/help lists them all').last().waitFor()
  })

  test('nothing moves while an answer streams in', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    castellan.engine.answer = async function* ({ messages }) {
      if (messages.at(-1)?.role !== 'tool') {
        yield* callFor('disk_usage')
        return
      }
      for (let line = 0; line < 30; line += 1) {
        yield { type: 'text', text: `Line ${line} of a long answer.\n\n` }
        await delay(40)
      }
      yield stop
    }
    await page.evaluate(() => {
      const shifts: number[] = []
      Object.assign(window, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value)
      }).observe({ type: 'layout-shift' })
    })
    await ask('a long one')
    await page.getByText('Line 29').last().waitFor()
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)
    expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.001)
  })

  test('the chosen theme is kept, and is there before anything is drawn', async () => {
    const { page } = await signedIn(browser, castellan, { colorScheme: 'light' })
    await page.getByRole('button', { name: strings.header.toDark }).click()
    await page.reload()
    await page.getByRole('button', { name: strings.header.toLight }).waitFor()
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(
      'rgb(22, 22, 20)',
    )
  })
})
