import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkProof } from '@castellan/ledger'
import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { approvals } from '../../src/strings/approvals.ts'
import { ledger } from '../../src/strings/ledger.ts'
import { operatorKeys } from '../../src/strings/operator-keys.ts'
import { overview } from '../../src/strings/overview.ts'
import { timeline } from '../../src/strings/timeline.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { type Answer, callFor, say } from '../support/engine.ts'
import { violations } from '../support/look.ts'
import { signedIn, type Visit } from '../support/visit.ts'

const NOTE = { path: 'notes.txt', content: 'Buy a bigger disk.\n', mode: 'overwrite' }

const ordinary: Answer = ({ messages }) => {
  const last = messages.at(-1)
  if (last?.role === 'tool') return say(last.summary)
  const text = last?.role === 'user' ? last.text : ''
  if (text.includes('note')) return callFor('file_write', NOTE)
  return say(`I heard “${text}”.`)
}

// Real processes and a real browser, on machines that may be busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

requires.browser().describe('the pages beside the chat, with the real gateway and agentd', () => {
  let castellan: Castellan
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan()
    browser = await openBrowser()
  })

  beforeEach(async () => {
    castellan.engine.answer = ordinary
    // What a test that failed left open must not hold up the next one.
    await castellan.decide('deny').catch(() => undefined)
  })

  afterAll(async () => {
    await browser?.close()
    await castellan?.stop()
  })

  const open = (page: Page, name: string) => page.goto(`${castellan.url}/#/${name}`)
  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true })
  const question = (page: Page) => page.getByRole('region', { name: strings.approval.title })

  /** Has the model write a note, and leaves the question open. */
  async function askForNote({ page, ask }: Pick<Visit, 'page' | 'ask'>): Promise<void> {
    await open(page, 'chat')
    await ask('write a note')
    await question(page).waitFor()
  }

  test('the keyboard leads everywhere: palette, skip link, back', async () => {
    const { page, complaints } = await signedIn(browser, castellan)
    await page.keyboard.press('Control+k')
    await page.getByRole('listbox').waitFor()
    await page.keyboard.type('verify every')
    await page.getByRole('option', { name: /Ledger/ }).waitFor()
    await page.keyboard.press('Enter')
    await heading(page, ledger.title).waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    expect(await page.title()).toContain(ledger.title)
    await page.keyboard.press('Control+k')
    await page.getByRole('listbox').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.goBack()
    await page.getByRole('textbox', { name: 'Message' }).waitFor()
    await open(page, 'no-such-page')
    await page.getByText(strings.shell.nowhereLead).waitFor()
    expect(complaints).toEqual([])
  })

  test('the overview has real figures, and they go on by themselves', async () => {
    const { page, complaints } = await signedIn(browser, castellan)
    const polled: string[] = []
    await page.getByRole('link', { name: 'Overview' }).first().click()
    await page.getByRole('img', { name: /^Processor over Day: \d+ % now/ }).waitFor({ timeout: 60_000 })
    await page
      .getByText(/free of/)
      .first()
      .waitFor()
    page.on('request', (request) => polled.push(request.url()))
    const [load] = [page.getByRole('img', { name: /^Load over Day/ })]
    await page.getByRole('button', { name: overview.ranges['1 hour'] }).click()
    await page.getByRole('img', { name: /^Load over Hour/ }).waitFor()
    expect(await load.count()).toBe(0)
    // One more look for another time span; nothing else is ever asked for.
    expect(polled.every((url) => url.endsWith('/api/v1/calls'))).toBe(true)
    expect(complaints).toEqual([])
  })

  test('what was done shows at once, and is gone once it was seen', async () => {
    const { page } = await signedIn(browser, castellan)
    await open(page, 'overview')
    const since = page.getByRole('region', { name: overview.since })
    await since.getByRole('button', { name: overview.seen }).click()
    await since.getByText(overview.sinceNothing).waitFor()
    const other = await signedIn(browser, castellan)
    await askForNote(other)
    const waiting = page.getByRole('region', { name: overview.approvals })
    await waiting.getByRole('link', { name: 'file_write' }).waitFor()
    await page
      .getByRole('link', { name: /Approvals.*1 waiting/ })
      .first()
      .waitFor()
    await question(other.page)
      .getByRole('button', { name: /Approve once/ })
      .click()
    await since.getByRole('link', { name: 'file_write: done' }).waitFor()
    await waiting.getByText(overview.noApprovals).waitFor()
  })

  test('a question can be answered on its page, and the chat goes on', async () => {
    const chat = await signedIn(browser, castellan)
    await askForNote(chat)
    const { page, complaints } = await signedIn(browser, castellan)
    await open(page, 'approvals')
    await question(page).locator('.arguments').getByText('Buy a bigger disk.').waitFor()
    await question(page).getByRole('button', { name: strings.approval.always }).click()
    await question(page).locator('.rule').getByText('action == Action::"file_write"').waitFor()
    await question(page).getByRole('button', { name: /Deny/ }).click()
    await page.getByText(approvals.decided(approvals.verdicts.deny, 'file_write')).waitFor()
    await page.getByText(approvals.none).waitFor()
    await page.getByRole('region', { name: approvals.history }).getByText('Denied: file_write').first().waitFor()
    await page.getByRole('region', { name: approvals.keys }).getByText(operatorKeys.own).waitFor()
    await chat.page
      .getByText(/^Denied by Chrome on Linux/)
      .last()
      .waitFor()
    expect(complaints).toEqual([])
  })

  test('the ledger is searched, read, verified, proven and exported', async () => {
    const { page, complaints } = await signedIn(browser, castellan)
    await open(page, 'chat')
    await page.getByRole('textbox', { name: 'Message' }).fill('/call time_status {}')
    await page.keyboard.press('Enter')
    await page
      .getByRole('article', { name: /^time_status/ })
      .last()
      .waitFor()
    await open(page, 'ledger')
    await page.getByRole('searchbox', { name: ledger.tool }).fill('time_status')
    await expect.poll(() => page.url()).toContain('tool=time_status')
    const row = page
      .getByRole('row')
      .filter({ hasText: /time_status: (done|failed)/ })
      .first()
    await row.getByRole('link').click()
    const detail = page.getByRole('dialog')
    await detail.getByText(ledger.fields.prev).waitFor()
    const downloading = page.waitForEvent('download')
    await detail.getByRole('link', { name: ledger.proof }).click()
    const proof = readFileSync(await (await downloading).path(), 'utf8')
    const head = await page.evaluate(() => fetch('/api/v1/ledger/head').then((answer) => answer.json()))
    const shown = Number(/Entry (\d+)/.exec((await detail.getByRole('heading').textContent()) ?? '')?.[1])
    expect(checkProof(proof, [head.vkey]).entry.index).toBe(shown)
    await page.keyboard.press('Escape')
    await detail.waitFor({ state: 'detached' })

    const exporting = page.waitForEvent('download')
    await page.getByRole('button', { name: ledger.exportAll }).click()
    const lines = readFileSync(await (await exporting).path(), 'utf8')
      .trim()
      .split('\n')
    expect(lines.every((line) => JSON.parse(line).entry.tool === 'time_status')).toBe(true)

    await page.getByRole('button', { name: ledger.clear }).click()
    await page.getByRole('searchbox', { name: ledger.search }).fill('no such words anywhere')
    await page.getByText(ledger.none).waitFor()
    await page.getByRole('button', { name: ledger.verify }).click()
    await page.getByText(/^All [\d,]+ entries are as they were written;/).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: ledger.standing }).click()
    await page.getByText(ledger.noErasures).waitFor()
    expect(complaints).toEqual([])
  })

  test('an act is taken back from its entry, with the yes asked on the spot', async () => {
    const guest = await signedIn(browser, castellan)
    const { page } = guest
    await askForNote(guest)
    await question(page)
      .getByRole('button', { name: /Approve once/ })
      .click()
    await page.getByRole('article', { name: 'file_write, Done' }).last().waitFor()
    expect(existsSync(join(castellan.workspace, NOTE.path))).toBe(true)
    await open(page, 'ledger?tool=file_write&type=outcome')
    await page.getByRole('link', { name: 'file_write: done' }).first().click()
    await page.getByRole('button', { name: ledger.undo }).click()
    const confirm = page.getByRole('dialog').filter({ hasText: ledger.undoTitle('file_write') })
    await confirm.locator('.effects li').first().waitFor()
    await confirm.getByRole('button', { name: ledger.undoAct }).click()
    await question(page)
      .getByRole('button', { name: /Approve once/ })
      .click()
    await page.locator('.toast.good').first().waitFor()
    await expect.poll(() => page.getByRole('button', { name: ledger.undo }).count()).toBe(0)
  })

  test('the time line has every act on one axis, and leads to it', async () => {
    const { page } = await signedIn(browser, castellan)
    await open(page, 'timeline')
    await page.getByRole('button', { name: timeline.ranges.hour }).click()
    await page
      .getByRole('button', { name: /^\d+ events, / })
      .first()
      .click()
    await page.getByRole('button', { name: 'Castellan started', exact: true }).last().click()
    const detail = page.getByRole('region', { name: 'Castellan started' })
    await detail.getByRole('link', { name: timeline.inLedger }).waitFor()
    // A host without NixOS says so instead of an empty lane.
    await page.getByText(/^There are no generations to show: /).waitFor()
    const axis = page.getByRole('region', { name: timeline.axis })
    await axis.focus()
    for (let times = 0; times < 12; times += 1) await page.keyboard.press('ArrowLeft')
    await page.getByText(timeline.none).waitFor()
    await detail.getByRole('link', { name: timeline.inLedger }).click()
    await page.getByRole('dialog').getByText('daemon_started', { exact: true }).waitFor()
  })

  test('times are shown in words or exactly, as the reader likes, and it is kept', async () => {
    const { page } = await signedIn(browser, castellan)
    await open(page, 'ledger')
    await page
      .getByRole('cell', { name: /ago|now/ })
      .first()
      .waitFor()
    await page.getByRole('button', { name: strings.header.toExact }).click()
    await page
      .getByRole('cell', { name: /^\d+ \w+ \d{4}, / })
      .first()
      .waitFor()
    await page.reload()
    await page
      .getByRole('cell', { name: /^\d+ \w+ \d{4}, / })
      .first()
      .waitFor()
  })

  test('ten thousand entries are a screenful to the browser', async () => {
    const { page } = await signedIn(browser, castellan)
    const all = 10_000
    // The shape is the API's own; a ledger of that length would take minutes to write.
    await page.route('**/api/v1/ledger/entries?*', async (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? all)
      const items = Array.from({ length: 200 }, (_, nth) => ({
        entry: {
          ...{ v: 1, index: from - 1 - nth, time: 1_795_230_000_000, prev: '0'.repeat(64), type: 'outcome' },
          ...{ actor: { kind: 'agent', name: 'main' }, tool: 'disk_usage', effect: 'read', ok: true, intent: 0 },
        },
        payload_state: 'none',
      }))
      await route.fulfill({ json: { items, next_cursor: from <= 200 ? null : String(from - 200) } })
    })
    await open(page, 'ledger')
    const table = page.getByRole('region', { name: ledger.list })
    await table.waitFor()
    await expect
      .poll(
        () =>
          table.evaluate((element) => {
            element.scrollTop = element.scrollHeight
            return element.querySelector('[role=table]')?.getAttribute('aria-rowcount')
          }),
        { timeout: 60_000, interval: 20 },
      )
      .toBe(String(all + 1))
    await table.evaluate((element) => {
      element.scrollTop = element.scrollHeight
    })
    await page.locator(`[aria-rowindex="${all + 1}"]`).waitFor()
    expect(await page.getByRole('row').count()).toBeLessThan(80)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`what lies over a page has no accessibility violation in ${colorScheme}`, async () => {
      const { page } = await signedIn(browser, castellan, { colorScheme })
      await open(page, 'ledger')
      await page.getByRole('row').nth(1).getByRole('link').click()
      await page.getByRole('dialog').getByText(ledger.fields.prev).waitFor()
      expect(await violations(page), 'entry').toEqual([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+k')
      await page.getByRole('listbox').waitFor()
      expect(await violations(page), 'palette').toEqual([])
    })
  }
})
