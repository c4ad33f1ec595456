import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { models as words } from '../../src/strings/models.ts'
import { navigation } from '../../src/strings/navigation.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { tooWide, violations } from '../support/look.ts'
import { signedIn } from '../support/visit.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

requires.browser().describe('the page about models', () => {
  let castellan: Castellan
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan()
    browser = await openBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await castellan?.stop()
  })

  async function open(options?: Parameters<typeof signedIn>[2]) {
    const guest = await signedIn(browser, castellan, options)
    await guest.page.goto(`${castellan.url}/#/models`)
    await guest.page.getByRole('heading', { name: navigation.models.title, level: 1 }).waitFor()
    return guest
  }

  test('a file that is no model is refused by the quarantine, which says at which stage and why', async () => {
    const { page, complaints } = await open()
    await page.exposeFunction('breach', () => complaints.push('ran'))
    const name = '<img src=x onerror=breach()>.gguf'
    writeFileSync(join(castellan.workspace, name), 'this is no model')
    await page.getByRole('button', { name: words.imports.add }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(words.form.sha256, { exact: true }).fill('abc')
    await dialog.getByLabel(words.form.path).fill(name)
    await dialog.getByText(words.form.badSha256).first().waitFor()
    await dialog.getByLabel(words.form.sha256, { exact: true }).fill('')
    await page.keyboard.press('Enter')
    await agree(page)
    const row = page.getByRole('listitem').filter({ hasText: name }).first()
    await row.getByText(words.imports.states.refused, { exact: true }).first().waitFor({ timeout: 60_000 })
    await row
      .getByRole('list', { name: /Stages/ })
      .getByText('format')
      .waitFor()
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no accessibility violation in ${colorScheme} and fits into 360 pixels`, async () => {
      const { page } = await open({ colorScheme, viewport: { width: 360, height: 740 } })
      await page.getByRole('region', { name: words.loaded.title }).locator('.loaded-name, .state-title').waitFor()
      expect(await violations(page)).toEqual([])
      expect(await tooWide(page)).toEqual([])
      await page.getByRole('button', { name: words.imports.add }).click()
      await page.getByRole('dialog').getByRole('textbox').first().waitFor()
      expect(await violations(page)).toEqual([])
    })
  }
})

/** Says yes to the call, where policy wants a person asked. */
async function agree(page: Page): Promise<void> {
  const approval = page.getByRole('region', { name: strings.approval.title })
  const begun = page.getByText(words.imports.states.refused, { exact: true })
  await approval.or(begun).first().waitFor()
  if (await approval.isVisible()) await approval.getByRole('button', { name: strings.approval.approve }).click()
}
