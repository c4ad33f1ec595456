import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { timeline as words } from '../../packages/dashboard/src/strings/timeline.ts'
import { strings } from '../../packages/dashboard/src/strings.ts'
import { openBrowser } from '../../packages/dashboard/test/support/browser.ts'
import { buildPage } from '../../packages/dashboard/test/support/build.ts'
import { harm, said, watch } from '../../packages/dashboard/test/support/harm.ts'
import { visit } from '../../packages/dashboard/test/support/visit.ts'
import { certificateOptions, makeCertificate } from '../support/nixos/certificate.ts'
import { Door } from '../support/nixos/door.ts'
import { GuardedHost } from '../support/nixos/guarded-host.ts'
import { installedHost } from '../support/nixos/installed-host.ts'

/** Where the built page is in the host. */
const PAGE = '/opt/page'
const URL_OF_PAGE = 'https://castellan.test'

const configuration = `services.castellan = {
  ${certificateOptions}
  airlock.enable = false;
  gateway.settings.pageDir = "${PAGE}";
  switch.probationSeconds = 1;
  agentd.settings.switch = { graceSeconds = 0; };
};`

/** Real processes, a real host and a real browser, on machines that may be busy with other things. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 240_000 })

installedHost.and(requires.browser()).describe('the page of a host, by TLS, from a browser', () => {
  let host: GuardedHost
  let door: Door
  let browser: Browser
  let page: string | undefined

  beforeAll(async () => {
    page = await mkdtemp(join(tmpdir(), 'cst-page-'))
    await buildPage(page)
    // The gateway has a user of its own there.
    await chmod(page, 0o755)
    host = await GuardedHost.start(configuration, [`${page}:${PAGE}`])
    await host.shell(makeCertificate)
    await host.shell('systemctl start castellan-gateway castellan-engine nginx')
    door = await Door.open(() => host.connect(443))
    browser = await openBrowser(`--host-resolver-rules=MAP castellan.test:443 127.0.0.1:${door.port}`)
  })

  afterAll(async () => {
    await browser?.close()
    await door?.[Symbol.asyncDispose]()
    await host?.[Symbol.asyncDispose]()
    if (page !== undefined) await rm(page, { recursive: true })
  })

  const question = (page: Page) => page.getByRole('region', { name: strings.approval.title })
  const approve = (page: Page) =>
    question(page)
      .getByRole('button', { name: /Approve once/ })
      .click()

  /** Signed in with a code that root asked for on the host. The certificate is by nobody whom the browser knows. */
  async function signedIn() {
    const guest = await visit(browser, { url: URL_OF_PAGE, namedUrl: URL_OF_PAGE }, { ignoreHTTPSErrors: true })
    await watch(guest)
    const { out } = await host.agentctl('sign-in', '--json')
    await guest.page.goto(`${URL_OF_PAGE}/#code=${JSON.parse(out).code}`)
    await guest.page.getByText('Ready', { exact: true }).waitFor({ timeout: 60_000 })
    return guest
  }

  test('is asked, approves, and takes back', async () => {
    const { page, ask, complaints, context } = await signedIn()
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Strict' })
    await ask('how full are my disks?')
    await page.getByRole('article', { name: 'disk_usage, Done' }).waitFor()

    await ask('/call file_write {"path":"notes.txt","content":"milk\\n"}')
    await question(page).locator('.diff .added').first().waitFor()
    await approve(page)
    const card = page.getByRole('article', { name: 'file_write, Done' })
    await card.waitFor()
    const file = '/var/lib/castellan/workspace/notes.txt'
    expect(await host.shell(`cat ${file}`)).toBe('milk\n')
    await card.getByRole('button', { name: 'Undo' }).click()
    await approve(page)
    await card.getByText(strings.tool.undone).waitFor()
    expect(await host.shell(`ls ${file} 2>&1 || true`)).toContain('No such file')
    expect(complaints).toEqual([])
  })

  test('shows what units are called and what the journal says as the words they are', async () => {
    const { page, ask, complaints } = await signedIn()
    await host.shell(`
      systemd-run --unit='told\\x3cimg\\x3e' --description='<img src=x onerror=breach()> a unit' sleep infinity
      systemd-cat --identifier='<script>breach()</script>' echo '<img src="https://breach.example/1.png" onerror=breach()> a line'
      journalctl --sync`)
    for (const call of [
      'service_list {"state":"all"}',
      'journal_query {"grep":"breach"}',
      'service_status {"unit":"told\\\\x3cimg\\\\x3e"}',
    ]) {
      await ask(`/call ${call}`)
      await page.locator('.status-line .spinner').waitFor({ state: 'detached' })
    }
    await expect.poll(() => said(page)).toMatch(/<img src=x onerror=breach\(\)> a unit/)
    await expect
      .poll(() => said(page))
      .toMatch(/<img src="https:\/\/breach\.example\/1\.png" onerror=breach\(\)> a line/)
    for (const name of ['chat', 'overview', 'timeline', 'ledger']) {
      await page.goto(`${URL_OF_PAGE}/#/${name}`)
      await page.locator('main h1').first().waitFor({ state: 'attached' })
      await expect.poll(() => page.locator('.state.loading').count()).toBe(0)
      expect(await harm(page), name).toEqual([])
    }
    expect(complaints).toEqual([])
  })

  test('finds on the time line what changed, and goes back after saying what that would change', async () => {
    expect(await host.agentctl('switch', 'begin', host.systems.good as string)).toMatchObject({ code: 0 })
    expect(await host.running()).toBe(host.systems.good)
    const { page, complaints } = await signedIn()
    await page.goto(`${URL_OF_PAGE}/#/timeline`)
    await page.getByRole('button', { name: words.ranges.hour }).click()
    await pick(page, 'Switch: committed')
    await page.getByRole('region', { name: 'Switch: committed' }).getByText('probation').first().waitFor()

    await pick(page, words.generation(1))
    const generation = page.getByRole('region', { name: words.generation(1) })
    await generation.getByRole('heading', { name: words.preview }).waitFor()
    await generation.getByRole('button', { name: words.rollBack }).click()
    const confirm = page.getByRole('dialog').filter({ hasText: words.rollBackTitle(1) })
    for (const effect of words.rollBackEffects) await confirm.getByText(effect).waitFor()
    expect(await confirm.locator('.effects li').count()).toBeGreaterThan(words.rollBackEffects.length)
    await confirm.getByRole('button', { name: words.rollBackAct }).click()
    await approve(page)
    await page.locator('.toast.good').first().waitFor({ timeout: 120_000 })
    expect(await host.running()).toBe(host.systems.old)
    expect(complaints).toEqual([])
  })
})

/** Picks an event of the time line, by itself or out of several that lie together. */
async function pick(page: Page, title: string): Promise<void> {
  const events = page.locator('.event')
  const alone = events.filter({ hasText: `${title},` })
  await events.first().waitFor()
  if ((await alone.count()) > 0) return alone.last().click()
  for (const several of await page.locator('.event.many').all()) {
    await several.click()
    const named = page.locator('.mark-detail').getByRole('button', { name: title, exact: true })
    if ((await named.count()) > 0) return named.first().click()
  }
  throw new Error(`${title} is not on the time line`)
}
