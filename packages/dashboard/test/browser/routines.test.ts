import { requires } from '@castellan/testing'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { apps } from '../../src/strings/apps.ts'
import { formWords } from '../../src/strings/forms.ts'
import { ledger } from '../../src/strings/ledger.ts'
import { navigation } from '../../src/strings/navigation.ts'
import { routines as words } from '../../src/strings/routines.ts'
import { watchers } from '../../src/strings/watchers.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { corpus } from '../support/corpus.ts'
import { tooWide, violations } from '../support/look.ts'
import { signedIn } from '../support/visit.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

/** What the host's configuration would declare. */
const DECLARED = {
  nightly: { timing: { cron: '15 3 * * 1-5', timezone: 'UTC' }, calls: [{ tool: 'disk_usage', args: {} }] },
}

requires.browser().describe('the pages about what happens by itself, and about apps', () => {
  let castellan: Castellan
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan({ settings: { CASTELLAN_ROUTINES: JSON.stringify(DECLARED) } })
    browser = await openBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await castellan?.stop()
  })

  async function open(name: 'routines' | 'apps', options?: Parameters<typeof signedIn>[2]) {
    const guest = await signedIn(browser, castellan, options)
    await guest.page.goto(`${castellan.url}/#/${name}`)
    await guest.page.getByRole('heading', { name: navigation[name].title, level: 1 }).waitFor()
    return guest
  }

  test('a routine is written in the tool’s own words, agreed to, run at once, looked back at and removed', async () => {
    await castellan.call('file_write', { path: 'list.txt', content: 'milk\n' })
    const { page, complaints } = await open('routines')
    await page.getByRole('button', { name: words.list.add }).click()
    const form = page.getByRole('dialog', { name: words.form.title })
    const send = form.getByRole('button', { name: words.form.act })
    await form.getByLabel(words.form.name, { exact: true }).fill('shopping')
    await form.getByLabel(words.form.kind, { exact: true }).selectOption('interval')
    await form.getByLabel(words.form.amount, { exact: true }).fill('2')
    await form.locator('.next-runs li').nth(4).waitFor()
    await form.getByLabel(words.form.tool, { exact: true }).selectOption('file_read')
    await form.getByText(words.form.unready.call(1, formWords.unready.missing('path'))).waitFor()
    expect(await send.getAttribute('aria-disabled')).toBe('true')
    await form.getByLabel('Path', { exact: true }).fill('list.txt')
    await form.getByLabel('Limit', { exact: true }).fill('100')
    await form.getByText('file_read {"path":"list.txt","limit":100}').waitFor()
    expect(await violations(page)).toEqual([])
    await send.click()
    await agree(page, page.getByText(words.form.added('shopping')))

    const row = rowOf(page, 'shopping')
    await row.getByText('Every 2 hours').waitFor()
    await row.getByText(words.never, { exact: true }).waitFor()
    await page.getByRole('button', { name: words.on(words.run, 'shopping') }).click()
    const question = page.getByRole('dialog', { name: words.trigger.title('shopping') })
    await question.getByText('It calls file_read with {"path":"list.txt","limit":100}.').waitFor()
    await question.getByRole('button', { name: words.trigger.act }).click()
    await agree(page, row.getByText(words.outcomes.good, { exact: true }))
    await row.getByRole('img', { name: words.strip('shopping', words.stripRuns(1, 0, 0)) }).waitFor()

    await page.getByRole('button', { name: words.on(words.history, 'shopping') }).click()
    const history = page.getByRole('dialog', { name: words.runs.title('shopping') })
    await history.getByText(words.runs.triggers.manual ?? '').waitFor()
    expect(await violations(page)).toEqual([])
    await history.getByText(words.runs.calls, { exact: true }).click()
    await page.getByRole('region', { name: ledger.list }).getByText('file_read: done').waitFor()

    await page.goBack()
    await history.waitFor()
    await page.keyboard.press('Escape')
    await history.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: words.on(words.remove, 'shopping') }).click()
    const removal = page.getByRole('dialog', { name: words.removal.title('shopping') })
    await removal.getByText('It no longer runs every 2 hours.').waitFor()
    await removal.getByRole('button', { name: words.removal.act }).click()
    await agree(page, page.getByText(words.removal.done('shopping')))
    await row.waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })

  test('what a pattern comes to is said before it is added, and a wrong one cannot be', async () => {
    const { page } = await open('routines')
    // By keyboard alone, and the focus comes back.
    await page.getByRole('button', { name: words.list.add }).focus()
    await page.keyboard.press('Enter')
    const form = page.getByRole('dialog', { name: words.form.title })
    await form.getByLabel(words.form.zone).selectOption('Europe/Berlin')
    await form.getByRole('button', { name: words.form.preset['0 7 * * 1-5'] }).click()
    await form.getByText(words.form.nextBy('Monday to Friday at 07:00')).waitFor()
    await form.getByLabel(words.form.pattern).fill('61 * * * *')
    await form.getByText(words.form.noPreview.wrong).waitFor()
    await form.getByLabel(words.form.pattern).fill('0 0 31 2 *')
    await form.locator('.problem', { hasText: words.form.neverComes }).waitFor()
    // By hand, where the fields would not do.
    await form.getByLabel(words.form.tool, { exact: true }).selectOption('dns_lookup')
    await form.getByLabel(formWords.byHand).check()
    await form.getByRole('textbox', { name: formWords.json }).fill('[1]')
    await form.getByText(formWords.noObject).waitFor()
    await page.keyboard.press('Escape')
    await form.waitFor({ state: 'detached' })
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(words.list.add)
  })

  test('runs that nobody here began are shown as they come, and what is declared is changed where it was', async () => {
    const { page } = await open('routines')
    const row = rowOf(page, 'nightly')
    await row.getByText('Monday to Friday at 03:15, UTC time').waitFor()
    await row.getByText(words.declaredAt('routines', 'nightly')).waitFor()
    expect(await page.getByRole('button', { name: words.on(words.remove, 'nightly') }).count()).toBe(0)
    await row.getByText(words.never, { exact: true }).waitFor()
    await castellan.call('routine_trigger', { name: 'nightly' })
    await row.getByText(words.outcomes.good, { exact: true }).waitFor()
    await castellan.call('routine_add', {
      name: 'brought',
      everySeconds: 3600,
      calls: [{ tool: 'file_read', args: { path: 'no-such-file' } }],
    })
    const brought = rowOf(page, 'brought')
    await brought.getByText(words.never, { exact: true }).waitFor()
    await castellan.call('routine_trigger', { name: 'brought' })
    await brought.getByText(words.outcomes.bad, { exact: true }).waitFor()
    await castellan.call('routine_remove', { name: 'brought' })
    await brought.waitFor({ state: 'detached' })
  })

  test('a watcher is written, its ladder climbs before one’s eyes, and it is removed', async () => {
    const { page, complaints } = await open('routines')
    await page.getByText(watchers.none).waitFor()
    await page.getByRole('button', { name: watchers.add }).click()
    const form = page.getByRole('dialog', { name: watchers.form.title })
    await form.getByLabel(watchers.form.name, { exact: true }).fill('door')
    await form.getByLabel(watchers.form.kind).selectOption('tcp')
    await form.getByText(watchers.form.unready.port).waitFor()
    // Nothing listens on the first of all ports.
    await form.getByLabel(watchers.form.port).fill('1')
    await form.getByLabel(watchers.form.every).fill('10')
    await form.getByLabel(watchers.form.failures).fill('1')
    await form.getByRole('button', { name: watchers.form.addStep }).click()
    await form.getByLabel(watchers.form.step(2)).selectOption('restart')
    await form.getByText(watchers.form.unready.step(2)).waitFor()
    await form.getByLabel(watchers.form.restartUnit(2)).fill('door.service')
    await form.getByText(watchers.form.stepWords.restart('door.service'), { exact: true }).waitFor()
    expect(await violations(page)).toEqual([])
    await form.getByRole('button', { name: watchers.form.act }).click()
    await agree(page, page.getByText(watchers.form.added('door')))

    const row = rowOf(page, 'door')
    await row.getByText('127.0.0.1 port 1 answers').waitFor()
    const ladder = page.getByRole('list', { name: watchers.ladder('door') })
    await ladder.getByRole('listitem').first().getByText(watchers.taken).waitFor()
    await row.getByText('127.0.0.1 port 1 is closed').waitFor()
    expect(await violations(page)).toEqual([])

    await page.getByRole('button', { name: watchers.on(watchers.remove, 'door') }).click()
    await page.getByRole('dialog').getByRole('button', { name: watchers.removal.act }).click()
    await agree(page, page.getByText(watchers.removal.done('door')))
    await page.getByText(watchers.none).waitFor()
    expect(complaints).toEqual([])
  })

  test('whatever the words of a routine and a watcher are, nothing of them runs', async () => {
    const hostile = corpus.filter((text) => !text.includes('\u0000'))
    const description = hostile.join(' ').slice(0, 500)
    await castellan.call('routine_add', {
      name: 'hostile',
      description,
      everySeconds: 3600,
      calls: [{ tool: 'file_write', args: { path: 'x<img src=x onerror=breach()>', content: hostile.join('\n') } }],
    })
    await castellan.call('watcher_add', {
      name: 'hostile',
      description,
      check: { kind: 'unit', unit: '<img src=x onerror=breach()>' },
      ladder: [{ act: 'restart', unit: "' onmouseover='breach().service" }],
    })
    const { page, complaints } = await open('routines')
    await page.exposeFunction('breach', () => complaints.push('ran'))
    const row = page.locator('.routine').filter({ hasText: 'hostile' })
    await row.getByText(description.slice(0, 60)).first().waitFor()
    await row.locator('summary').click()
    await row.getByText('"><script>breach()</script>').first().waitFor()
    await page.getByRole('button', { name: words.on(words.run, 'hostile') }).click()
    await page.getByRole('dialog').getByText('It calls file_write with').waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.locator('.watcher').filter({ hasText: 'hostile' }).getByText('restart ').waitFor()
    expect(complaints).toEqual([])
    await castellan.call('routine_remove', { name: 'hostile' })
    await castellan.call('watcher_remove', { name: 'hostile' })
  })

  test('what could not be read says so, and is read once it can be', async () => {
    const { page, context } = await open('routines')
    const region = page.getByRole('region', { name: watchers.title })
    await region.locator('.nothing, .thing').first().waitFor()
    await context.setOffline(true)
    await region.getByRole('button', { name: watchers.again }).click()
    await region.getByText(strings.ui.unreachable).waitFor()
    expect(await violations(page)).toEqual([])
    await context.setOffline(false)
    await region.getByRole('button', { name: strings.ui.again }).click()
    await region.locator('.nothing, .thing').first().waitFor()
  })

  test('apps are said to need what this machine has not, in the tool’s own words', async (context) => {
    requires.that((await unsupportedHere(castellan)) !== null, 'a machine without systemd').check(context)
    const { page, complaints } = await open('apps')
    await page.getByText(apps.unsupported).waitFor()
    await page.getByText((await unsupportedHere(castellan)) ?? '').waitFor()
    expect(await page.getByRole('button', { name: apps.deploy }).count()).toBe(0)
    expect(complaints).toEqual([])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`they have no accessibility violation in ${colorScheme} and fit into 360 pixels`, async () => {
      const { page } = await open('routines', { colorScheme, viewport: { width: 360, height: 740 } })
      await rowOf(page, 'nightly').waitFor()
      await page.getByRole('region', { name: watchers.title }).locator('.nothing, .thing').first().waitFor()
      expect(await violations(page)).toEqual([])
      expect(await tooWide(page)).toEqual([])
      for (const [button, title] of [
        [words.list.add, words.form.title],
        [watchers.add, watchers.form.title],
      ] as const) {
        await page.getByRole('button', { name: button }).click()
        const dialog = page.getByRole('dialog', { name: title })
        await dialog.waitFor()
        expect(await violations(page)).toEqual([])
        expect(await tooWide(page)).toEqual([])
        await page.keyboard.press('Escape')
        await dialog.waitFor({ state: 'detached' })
      }
      await page.goto(`${castellan.url}/#/apps`)
      await page.locator('.state.nothing').waitFor()
      expect(await violations(page)).toEqual([])
      expect(await tooWide(page)).toEqual([])
    })
  }
})

function rowOf(page: Page, name: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: new RegExp(`^${name}\\b`) }) })
}

/** Says yes to the call where policy wants a person asked, and waits until it is done. */
async function agree(page: Page, done: Locator): Promise<void> {
  const approval = page.getByRole('region', { name: strings.approval.title })
  await approval.or(done).first().waitFor()
  if (await approval.isVisible()) await approval.getByRole('button', { name: strings.approval.approve }).click()
  await done.first().waitFor()
}

async function unsupportedHere(castellan: Castellan): Promise<string | null> {
  return ((await castellan.call('app_list', {})) as { readonly unsupported: string | null }).unsupported
}
