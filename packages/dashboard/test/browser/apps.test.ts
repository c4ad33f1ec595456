import { requires } from '@castellan/testing'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import { waitingProgram } from '../../../../tests/support/throwaway-host/waiting-program.ts'
import { apps as words } from '../../src/strings/apps.ts'
import { navigation } from '../../src/strings/navigation.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { corpus } from '../support/corpus.ts'
import { tooWide, violations } from '../support/look.ts'
import { signedIn } from '../support/visit.ts'

// Units start and stop; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

throwawayHost.and(requires.browser()).describe('the page about apps, on a host that systemd runs', () => {
  let castellan: Castellan
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan({ hosted: true })
    browser = await openBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await castellan?.stop()
  })

  async function open(options?: Parameters<typeof signedIn>[2]) {
    const guest = await signedIn(browser, castellan, options)
    await guest.page.goto(`${castellan.url}/#/apps`)
    await guest.page.getByRole('heading', { name: navigation.apps.title, level: 1 }).waitFor()
    return guest
  }

  const sh = async (script: string) => (await castellan.host?.run(['sh', '-c', script]))?.stdout.trim() ?? ''

  test('one is deployed within its limits, stopped, started, and removed with what it stored', async () => {
    const { page, complaints } = await open()
    await page.getByText(words.none).waitFor()
    await page.getByRole('button', { name: words.deploy }).click()
    const form = page.getByRole('dialog', { name: words.form.title })
    await form.getByLabel(words.form.name, { exact: true }).fill('wiki')
    await form.getByLabel(words.form.argv).fill(waitingProgram(4180, 'page').join('\n'))
    await form.getByLabel(words.form.memory).fill('256')
    await form.getByLabel(words.form.cpu).fill('50')
    await form.getByLabel(words.form.environment).fill('API_TOKEN=x')
    await form.getByText(words.form.unready.secret('API_TOKEN')).waitFor()
    await form.getByLabel(words.form.environment).fill('GREETING=a b')
    await form.getByText(words.use.limits('268 MB', '50 %', '256')).waitFor()
    expect(await violations(page)).toEqual([])
    await form.getByRole('button', { name: words.form.act }).click()
    await agree(page, page.getByText(words.form.done('wiki')))

    const row = rowOf(page, 'wiki')
    await row.getByText(words.states.active ?? '', { exact: true }).waitFor()
    await row.getByText('castellan-app-wiki', { exact: true }).waitFor()
    const shown = await sh('systemctl show castellan-app-wiki -p MemoryMax -p CPUQuotaPerSecUSec -p Environment')
    expect(shown.split('\n').sort()).toEqual([
      'CPUQuotaPerSecUSec=500ms',
      'Environment=HOME=/var/lib/castellan-app-wiki "GREETING=a b"',
      'MemoryMax=268435456',
    ])
    await sh('until [ -e /var/lib/private/castellan-app-wiki/page ]; do sleep 0.05; done')
    await page.getByRole('button', { name: words.again }).click()
    await row.getByText('127.0.0.1:4180').waitFor()
    await row.getByText(/ % of 50 %/).waitFor()

    await act(page, words.stop, words.asks.app_stop, row.getByText(words.states.inactive ?? '', { exact: true }))
    expect(await sh('systemctl is-active castellan-app-wiki || true')).toBe('inactive')
    await act(page, words.start, words.asks.app_start, row.getByText(words.states.active ?? '', { exact: true }))
    expect(await sh('systemctl is-active castellan-app-wiki')).toBe('active')

    await page.getByRole('button', { name: words.on(words.remove, 'wiki') }).click()
    const removal = page.getByRole('dialog', { name: words.removal.title('wiki') })
    await removal.getByText(words.removal.keeps('wiki')).waitFor()
    await removal.getByLabel(words.removal.withState).check()
    await removal.getByText(words.removal.deletes).waitFor()
    const remove = removal.getByRole('button', { name: words.removal.act })
    expect(await remove.getAttribute('aria-disabled')).toBe('true')
    await removal.getByLabel(words.removal.type('wiki')).fill('wiki')
    expect(await violations(page)).toEqual([])
    await remove.click()
    await agree(page, page.getByText(words.removal.done('wiki')))
    await page.getByText(words.none).waitFor()
    expect(await sh('ls /var/lib/private | grep -c castellan-app-wiki || true')).toBe('0')
    expect(complaints).toEqual([])
  })

  test('its log is read page by page, whatever it wrote, and anew once it was restarted', async () => {
    const lines = corpus.map((text) => text.replaceAll(/[\0\n]/g, ' '))
    await castellan.call('app_deploy', {
      name: 'talker',
      description: '<img src=x onerror=breach()>',
      // What the journal gets is what was printed, a line each.
      argv: [
        '/bin/sh',
        '-c',
        'for i in $(seq 700); do echo "entry $i"; done; printf "%s\\n" "$@"; touch $HOME/said; exec sleep 1000',
        'sh',
        ...lines,
      ],
    })
    const { page, complaints } = await open()
    await page.exposeFunction('breach', () => complaints.push('ran'))
    await sh('until [ -e /var/lib/private/castellan-app-talker/said ]; do sleep 0.05; done; journalctl --sync')
    await page.getByRole('button', { name: words.on(words.logs, 'talker') }).click()
    const log = page.getByRole('dialog', { name: words.log.title('talker') })
    const table = log.getByRole('region', { name: words.log.table('talker') })
    await table.getByText('{{constructor.constructor').waitFor()
    await table.getByText('<script>breach()</script>').first().waitFor()
    expect(await violations(page)).toEqual([])
    // Only what is in sight is in the document, and the end brings what is older.
    expect(await table.getByRole('row').count()).toBeLessThan(60)
    await table.getByRole('button').filter({ hasText: '| b |' }).click()
    await log.getByRole('group', { name: words.log.whole }).getByText('[c](javascript:breach())').waitFor()
    await log.getByText(words.log.older(200)).waitFor()
    await table.focus()
    await page.keyboard.press('End')
    await log.getByText(words.log.older(400)).waitFor()
    // Acts of others are heard of: the newest lines are there again.
    await castellan.call('app_restart', { name: 'talker' })
    await log.getByText(words.log.older(200)).waitFor()
    expect(complaints).toEqual([])
    await page.keyboard.press('Escape')
    await log.waitFor({ state: 'detached' })
  })

  test('one that fails is said to, and what it may use stays to be read', async () => {
    await castellan
      .call('app_deploy', { name: 'broken', argv: ['/bin/sh', '-c', 'exit 3'], network: 'none' })
      .catch(() => {})
    await castellan.call('app_deploy', {
      name: 'broken',
      argv: ['/bin/sh', '-c', 'sleep 0.1; exit 3'],
      network: 'none',
    })
    await sh('until [ "$(systemctl is-failed castellan-app-broken)" = failed ]; do sleep 0.2; done')
    const { page } = await open()
    const row = rowOf(page, 'broken')
    await row.getByText(words.states.failed ?? '', { exact: true }).waitFor()
    await row.getByText(words.down, { exact: true }).waitFor()
    await row.getByText(/times by itself/).waitFor()
    await row.getByText(words.hiddenPorts).waitFor()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`it has no accessibility violation in ${colorScheme} and fits into 360 pixels`, async () => {
      const { page } = await open({ colorScheme, viewport: { width: 360, height: 740 } })
      await rowOf(page, 'talker').waitFor()
      expect(await violations(page)).toEqual([])
      expect(await tooWide(page)).toEqual([])
      await page.getByRole('button', { name: words.on(words.logs, 'talker') }).click()
      await page.getByRole('dialog').getByRole('row').nth(3).waitFor()
      expect(await violations(page)).toEqual([])
      expect(await tooWide(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: words.deploy }).click()
      await page.getByRole('dialog', { name: words.form.title }).waitFor()
      expect(await violations(page)).toEqual([])
      expect(await tooWide(page)).toEqual([])
    })
  }
})

function rowOf(page: Page, name: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: new RegExp(`^${name}\\b`) }) })
}

/** Presses a button of the only app, confirms, and agrees. */
async function act(
  page: Page,
  button: string,
  { title, act: word }: { readonly title: (name: string) => string; readonly act: string },
  done: Locator,
): Promise<void> {
  await page.getByRole('button', { name: words.on(button, 'wiki') }).click()
  await page
    .getByRole('dialog', { name: title('wiki') })
    .getByRole('button', { name: word })
    .click()
  await agree(page, done)
}

/** Says yes to the call where policy wants a person asked, and waits until it is done. */
async function agree(page: Page, done: Locator): Promise<void> {
  const approval = page.getByRole('region', { name: strings.approval.title })
  await approval.or(done).first().waitFor()
  if (await approval.isVisible()) await approval.getByRole('button', { name: strings.approval.approve }).click()
  await done.first().waitFor()
}
