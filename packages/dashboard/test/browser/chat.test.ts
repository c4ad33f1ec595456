import { readdirSync, readFileSync } from 'node:fs'
import { newId, type Transcript } from '@castellan/contracts'
import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { chatPage as words } from '../../src/strings/chat.ts'
import { engine } from '../../src/strings/engine.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { type Answer, callFor, say } from '../support/engine.ts'
import { longChat } from '../support/long-chat.ts'
import { tooWide, violations } from '../support/look.ts'
import { signedIn } from '../support/visit.ts'

const NOTE = { path: 'chat-note.txt', content: 'a\n', mode: 'overwrite' }

const ordinary: Answer = ({ messages }) => {
  const last = messages.at(-1)
  if (last?.role === 'tool') return say(last.summary)
  const text = last?.role === 'user' ? last.text : ''
  if (text.includes('disks')) return callFor('disk_usage')
  if (text.includes('note')) return callFor('file_write', NOTE)
  return say('I ', 'heard ', `“${text}”.`)
}

const answer = (page: Page, text: string) => page.locator('.answer').getByText(text, { exact: true }).last()
const message = (page: Page) => page.getByRole('textbox', { name: 'Message' })

async function command(page: Page, text: string): Promise<void> {
  await message(page).fill(text)
  // A list of commands that is open takes the first Enter.
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
}

/** A chat in which nothing was said yet, so that what is looked for is what this test brought about. */
async function beginChat(page: Page): Promise<void> {
  const before = page.url()
  await command(page, '/new main')
  await page.waitForURL((url) => url.href !== before && url.hash.startsWith('#/chat/chat-'))
  await page.getByRole('heading', { name: strings.chat.emptyTitle }).waitFor()
}

/** Whether a process with exactly these arguments runs on this machine, in whatever namespace. */
function runs(argv: readonly string[]): boolean {
  const wanted = `${argv.join('\0')}\0`
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith(wanted)
      } catch {
        return false
      }
    })
}

/** Answers for the transcript of a chat in the gateway's place. */
async function tellTranscript(page: Page, chat: string, transcript: Transcript): Promise<void> {
  await page.route(`**/api/v1/chats/${chat}/transcript?*`, (route) => route.fulfill({ json: transcript }))
  await page.route(`**/api/v1/chats/${chat}`, (route) =>
    route.fulfill({
      json: {
        ...{ chat_id: chat, title: 'Told', agent: 'main', created_at: AT, updated_at: AT },
        ...{ last_seq: transcript.last_seq, running: false, mode: null },
      },
    }),
  )
}

const AT = '2026-11-21T05:00:00.000Z'

// Real processes and a real browser, on machines that may be busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

requires.browser().describe('the chats of the page, with the real gateway and agentd', () => {
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

  test('a chat is begun, called after its first message, found by its words, renamed, left and deleted', async () => {
    const { page, ask, complaints } = await signedIn(browser, castellan)
    await ask('main speaking')
    await answer(page, 'I heard “main speaking”.').waitFor()

    // Who types before the gateway has told of the new chat loses nothing by it.
    const { promise: typed, resolve: hasTyped } = Promise.withResolvers<void>()
    await page.route(/\/api\/v1\/chats\/chat-[^/]+$/, async (route) => {
      if (route.request().method() === 'GET') await typed
      await route.continue()
    })
    await page.getByRole('button', { name: words.newChat }).click()
    await page.getByRole('dialog').getByRole('combobox', { name: words.agentField }).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: words.begin }).click()
    await page.waitForURL(/#\/chat\/chat-/)
    const address = page.url()
    await ask('a parrot in the attic')
    hasTyped()
    await answer(page, 'I heard “a parrot in the attic”.').waitFor()
    await page.getByRole('heading', { name: 'a parrot in the attic', level: 1 }).waitFor()
    expect(await page.getByText('main speaking', { exact: true }).count()).toBe(0)

    await page.reload()
    await answer(page, 'I heard “a parrot in the attic”.').waitFor()
    await page.getByRole('navigation', { name: words.chats }).getByRole('link', { name: words.main }).click()
    await answer(page, 'I heard “main speaking”.').waitFor()
    expect(new URL(page.url()).hash).toBe('#/chat')

    await page.getByRole('searchbox', { name: words.search }).fill('parrot')
    await page.locator('.chat-excerpt mark').first().waitFor()
    await page
      .locator('.chat-side')
      .getByRole('link', { name: /parrot in the attic/ })
      .first()
      .click()
    await page.waitForURL((url) => url.href.startsWith(`${address}?at=`))
    await page.getByRole('searchbox', { name: words.search }).fill('')

    await command(page, '/rename Birds')
    await page.getByRole('heading', { name: 'Birds', level: 1 }).waitFor()
    await page.getByRole('navigation', { name: words.chats }).getByRole('link', { name: /Birds/ }).waitFor()

    await page.getByRole('button', { name: words.delete }).click()
    await page.getByRole('dialog').getByRole('button', { name: words.deleteAct, exact: true }).click()
    await answer(page, 'I heard “main speaking”.').waitFor()
    await page.getByRole('link', { name: /Birds/ }).waitFor({ state: 'detached' })
    await page.goto(address)
    await page.getByRole('heading', { name: words.unknown }).waitFor()
    await page.getByRole('link', { name: words.toMain }).click()
    await answer(page, 'I heard “main speaking”.').waitFor()
    expect(complaints).toEqual([])
  })

  test('what is typed in one chat waits there while another one is looked at, and turns run side by side', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    let goOn = () => {}
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    castellan.engine.answer = async function* ({ messages }) {
      const last = messages.at(-1)
      const text = last?.role === 'user' ? last.text : ''
      if (text.includes('slow')) await held
      yield* say(`Done with ${text}.`)
    }
    await ask('slow one')
    await page.locator('.status-line .spinner').waitFor()
    await message(page).fill('half a thou')
    await page.goto(`${castellan.url}/#/chat/side`)
    await page.getByRole('heading', { name: words.unknown }).waitFor()
    await page.goto(`${castellan.url}/#/chat`)
    await expect.poll(() => message(page).inputValue()).toBe('half a thou')
    await page.getByRole('button', { name: words.newChat }).click()
    await page.getByRole('dialog').getByRole('button', { name: words.begin }).click()
    await page.waitForURL(/#\/chat\/chat-/)
    await ask('quick one')
    await answer(page, 'Done with quick one.').waitFor()
    goOn()
    await page.goBack()
    await answer(page, 'Done with slow one.').waitFor()
  })

  test('one click proves an act in its card, and says what that proves', async () => {
    const { page, ask, complaints } = await signedIn(browser, castellan)
    await beginChat(page)
    await ask('how full are my disks?')
    const card = page.getByRole('article', { name: 'disk_usage, Done' }).last()
    await card.getByRole('button', { name: words.proof.check }).click()
    await card.getByText('Proven: this act is entry').waitFor()
    await card.getByText(words.proof.what).waitFor()
    await card.getByText(/signature of the log’s key [0-9a-f]{8}/).waitFor()
    const number = /№ (\d+)/.exec((await card.locator('.ledger').textContent()) ?? '')?.[1]
    await card.getByRole('link', { name: `${words.proof.entry} ${number}` }).click()
    await page.getByRole('dialog').getByText('disk_usage').first().waitFor()
    expect(complaints).toEqual([])
  })

  test('a proof of something else, and one that was tampered with, prove nothing', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await beginChat(page)
    await ask('how full are my disks?')
    const card = page.getByRole('article', { name: 'disk_usage, Done' }).last()
    await card.waitFor()
    const other = await page.evaluate(async () => (await fetch('/api/v1/ledger/entries/0/proof')).text())
    await page.route('**/proof', (route) => route.fulfill({ contentType: 'text/plain', body: other }))
    await card.getByRole('button', { name: words.proof.check }).click()
    await card.locator('.proof p').first().waitFor()
    expect(await card.locator('.proof').textContent()).toContain(words.proof.broken.call)
    await page.unroute('**/proof')
    await page.route('**/proof', async (route) => {
      const response = await route.fetch()
      const text = await response.text()
      await route.fulfill({ response, body: text.replace(/^index \d+$/m, 'index 1') })
    })
    await card.getByRole('button', { name: words.proof.again }).click()
    await card.getByText(words.proof.broken.root).waitFor()
  })

  test('a text file goes along by button, drop and paste; what is no text says why; and later questions know of it', async () => {
    const { page, ask, complaints } = await signedIn(browser, castellan)
    await beginChat(page)
    const picker = page.locator('input[type=file]')
    const file = (name: string, content: string | Buffer) => ({
      ...{ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) },
    })
    await picker.setInputFiles(file('photo.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0])))
    await page.getByText(/photo\.jpg is no text/).waitFor()
    await picker.setInputFiles(file('big.log', 'x'.repeat(200_000)))
    await page.getByText(/big\.log is too long/).waitFor()
    await picker.setInputFiles(file('notes.txt', '<img src=x onerror=breach()>\n'))
    await page
      .locator('.attached-files')
      .getByText(/^notes\.txt, /)
      .waitFor()
    await page.evaluate(() => {
      const data = new DataTransfer()
      data.items.add(new File(['dropped'], 'drop.txt'))
      document
        .querySelector('main')
        ?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
    })
    await page
      .locator('.attached-files')
      .getByText(/^drop\.txt, /)
      .waitFor()
    await page.evaluate(() => {
      const data = new DataTransfer()
      data.items.add(new File(['pasted'], 'paste.txt'))
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
      document.querySelector('.composer textarea')?.dispatchEvent(event)
    })
    await page
      .locator('.attached-files')
      .getByText(/^paste\.txt, /)
      .waitFor()
    await page.getByRole('button', { name: words.detach('drop.txt') }).click()
    await ask('what is in them?')
    await expect.poll(() => page.locator('.said-file').count()).toBe(2)
    await page.locator('.said-file summary').first().click()
    await page.locator('.said-file pre').getByText('onerror=breach()').waitFor()
    expect(await page.locator('.attached-files').count()).toBe(0)
    await page.locator('.status-line .spinner').waitFor({ state: 'detached' })
    await page.reload()
    await expect.poll(() => page.locator('.said-file').count()).toBe(2)

    await ask('write a note')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.getByText(strings.approval.taint['untrusted-text']).waitFor()
    await approval.focus()
    await page.keyboard.press('d')
    await approval.waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })

  test('a chat that is held to observe changes nothing, without asking; let go, it asks again', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await beginChat(page)
    await ask('hello')
    await page.locator('.status-line .spinner').waitFor({ state: 'detached' })
    await page.getByRole('combobox', { name: words.mode }).selectOption('observe')
    await page.getByText(strings.chat.notes.mode('observe')).last().waitFor()
    await ask('write a note')
    await page.getByRole('article', { name: 'file_write, Not done' }).last().getByText('policy_denied').waitFor()
    await ask('/mode operate')
    await page.locator('.error-item').getByText('agentctl session mode').last().waitFor()
    await ask('/mode none')
    await page.getByText(strings.chat.notes.mode(null)).last().waitFor()
    await expect.poll(() => page.getByRole('combobox', { name: words.mode }).inputValue()).toBe('session')
    await ask('write a note')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.focus()
    await page.keyboard.press('d')
    await approval.waitFor({ state: 'detached' })
  })

  test('what the agent thinks with is changed from its chat, which goes by that from then on', async () => {
    const { page, ask, complaints } = await signedIn(browser, castellan)
    await beginChat(page)
    await ask('hello')
    await answer(page, 'I heard “hello”.').waitFor()
    await command(page, '/model')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: engine.form.title }).fill('Keeper')
    await dialog.getByRole('button', { name: engine.form.act, exact: true }).click()
    await page.getByText(words.brainChanged).waitFor()
    await page.getByRole('button', { name: words.brain('Keeper', words.local) }).waitFor()
    await ask('/agent')
    await page.locator('.answer').getByText('agent: main (Keeper)').waitFor()
    expect(complaints).toEqual([])
  })

  requires
    .command('bwrap', 'bubblewrap')
    .test('stop ends the whole tree of a command that runs, and the card counts its seconds until then', async () => {
      const { page, ask } = await signedIn(browser, castellan)
      await beginChat(page)
      const sleep = ['sleep', '86317']
      const argv = ['sh', '-c', `${sleep.join(' ')} & wait`]
      await ask(`/call command_run ${JSON.stringify({ argv, timeoutSeconds: 300 })}`)
      const approval = page.getByRole('region', { name: strings.approval.title })
      const card = page.getByRole('article', { name: /^command_run, / }).last()
      await approval.getByRole('button', { name: /Approve once/ }).click()
      await expect.poll(() => runs(sleep), { timeout: 60_000, interval: 200 }).toBe(true)
      await card.locator('.elapsed').waitFor()
      await page.locator('.status-line').getByRole('button', { name: strings.chat.stop }).click()
      await page.locator('.status-line').getByText('Stopped.').waitFor()
      await expect.poll(() => runs(sleep), { timeout: 60_000, interval: 200 }).toBe(false)
    })

  test('what was not read of a long chat is marked, and comes when it is asked for', async () => {
    const { page, ask } = await signedIn(browser, castellan)
    await beginChat(page)
    for (let turn = 0; turn < 9; turn += 1) {
      await ask(`turn ${turn} begins`)
      await answer(page, `I heard “turn ${turn} begins”.`).waitFor()
    }
    await page.locator('.status-line .spinner').waitFor({ state: 'detached' })
    await page.route('**/transcript?*', (route) => route.continue({ url: `${route.request().url()}&limit=10` }))
    await page.reload()
    await answer(page, 'I heard “turn 8 begins”.').waitFor()
    expect(await page.locator('.asked').getByText('turn 3 begins').count()).toBe(0)
    const gap = page.locator('.gap').getByRole('button', { name: strings.chat.fillGap })
    for (
      let tries = 0;
      tries < 9 && (await page.locator('.asked').getByText('turn 0 begins').count()) === 0;
      tries += 1
    ) {
      const before = await page.locator('.asked').count()
      await gap.click()
      await expect.poll(() => page.locator('.asked').count()).toBeGreaterThan(before)
    }
    await gap.waitFor({ state: 'detached' })
    const asked = await page.locator('.asked p').allTextContents()
    expect(asked).toEqual(Array.from({ length: 9 }, (_, turn) => `turn ${turn} begins`))

    await page.reload()
    await answer(page, 'I heard “turn 8 begins”.').waitFor()
    const list = page.locator('.chat-side')
    await list.getByRole('searchbox', { name: words.search }).fill('turn 2 begins')
    await list.getByRole('link', { name: /You:/ }).first().click()
    await page.locator('.sought + .asked').getByText('turn 2 begins').waitFor()
    const inSight = () =>
      page.locator('.sought').evaluate((mark) => {
        const { top } = mark.getBoundingClientRect()
        return top > 0 && top < innerHeight
      })
    await expect.poll(inSight).toBe(true)
  })

  test('figures over time are plots, with the same as a table one press away', async () => {
    const { page } = await signedIn(browser, castellan)
    const call_id = newId('call')
    const spans = Array.from({ length: 24 }, (_, n) => ({
      ...{ from: new Date(Date.parse(AT) + n * 3_600_000).toISOString(), samples: 60 },
      ...{ load: { average: n / 10, highest: n / 5 }, memoryPercent: { average: 40 + n, highest: 45 + n } },
    }))
    const frames = [
      { type: 'tool_use', call_id, name: 'load_history', args: {} },
      {
        type: 'tool_result',
        call_id,
        name: 'load_history',
        ok: true,
        result: { spans },
        ledger_index: 3,
        summary: 'x',
      },
      { type: 'done' },
    ]
    const entries = frames.map((frame, n) => ({ at: AT, frame: { ...frame, chat_id: 'told', seq: n + 1 } }))
    const transcript = { chat_id: 'told', running: false, last_seq: 3, forgotten: 0, more: false, entries }
    await tellTranscript(page, 'told', transcript as unknown as Transcript)
    await page.goto(`${castellan.url}/#/chat/told`)
    await page
      .getByRole('img', { name: /^Load over time: Average, Highest; between 0 and 4\.6/ })
      .locator('canvas')
      .waitFor()
    await page
      .getByRole('img', { name: /^Memory over time/ })
      .locator('canvas')
      .waitFor()
    await page.getByRole('button', { name: words.series.table }).click()
    await page.getByRole('columnheader', { name: 'Memory %' }).waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('a chat of 50,000 tokens is there, at its end, and what is out of sight is not drawn', async () => {
    const { page } = await signedIn(browser, castellan)
    await tellTranscript(page, 'long', longChat(50_000, 'long'))
    await page.goto(`${castellan.url}/#/chat/long`)
    const pane = page.locator('.transcript')
    const last = longChat(50_000, 'long').entries.filter(({ frame }) => frame.type === 'asked').length - 1
    await page.getByRole('heading', { name: `Answer ${last}`, exact: true }).waitFor()
    const fromEnd = () => pane.evaluate((e) => Math.round(e.scrollHeight - e.scrollTop - e.clientHeight))
    await expect.poll(fromEnd).toBeLessThan(48)
    const skipped = await page.locator('.column > .answer .markdown').evaluateAll((all) => {
      return all.filter((one) => !one.checkVisibility({ contentVisibilityAuto: true })).length
    })
    expect(skipped).toBeGreaterThan(last / 2)
    await pane.focus()
    await page.keyboard.press('Home')
    await page.getByText('question 0: how full is it?').waitFor()
    await expect.poll(() => pane.evaluate((e) => e.scrollTop)).toBe(0)
  })

  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 360],
    ['dark', 3840],
  ] as const) {
    test(`every dialog of the chat is accessible in ${colorScheme} and fits ${width} pixels`, async () => {
      const { page } = await signedIn(browser, castellan, { colorScheme, viewport: { width, height: 740 } })
      const look = async (state: string) => {
        expect(await violations(page), state).toEqual([])
        expect(await tooWide(page), state).toEqual([])
      }
      await page.locator('input[type=file]').setInputFiles({
        ...{ name: `${'a-long-name-'.repeat(8)}.txt`, mimeType: 'text/plain', buffer: Buffer.from('x') },
      })
      await page.locator('.attached-files li').waitFor()
      await look('a file')
      await command(page, '/chats')
      await page.getByRole('dialog').getByRole('link').first().waitFor()
      await look('the chats')
      await page.keyboard.press('Escape')
      await command(page, '/new')
      await page.getByRole('dialog').getByRole('combobox').waitFor()
      await look('a new chat')
      await page.keyboard.press('Escape')
      await command(page, '/model')
      await page.getByRole('dialog').getByRole('radio').first().waitFor()
      await look('the engine')
    })
  }
})
