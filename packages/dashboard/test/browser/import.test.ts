import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeFolder, requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { otherModel } from '../../../agentd/test/support/models.ts'
import { models as words } from '../../src/strings/models.ts'
import { navigation } from '../../src/strings/navigation.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { harm, watch } from '../support/harm.ts'
import { signedIn } from '../support/visit.ts'
import { startWhole, type WholeCastellan } from '../support/whole.ts'

/** As long as the name that the file had before, which it stands in for. */
const NAME = '<img src=x onerror=b>'

// The quarantine runs a model, which takes some seconds, and many on a slow machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

requires
  .browser()
  .and(requires.command('bwrap', 'bubblewrap'))
  .describe('another model, with all of Castellan running', () => {
    let state: string
    let castellan: WholeCastellan
    let browser: Browser

    beforeAll(async () => {
      state = mkdtempSync(join(tmpdir(), 'cst-'))
      castellan = await startWhole(state)
      browser = await openBrowser()
    })

    afterAll(async () => {
      await browser?.close()
      await castellan?.stop()
      await removeFolder(state)
    })

    test('is examined, let in, used, given up again and taken out of use', async () => {
      const guest = await signedIn(browser, castellan)
      await watch(guest)
      const { page, complaints, ask } = guest
      writeFileSync(join(castellan.workspace, 'other.gguf'), otherModel(NAME))
      await page.goto(`${castellan.url}/#/models`)
      await page.getByRole('heading', { name: navigation.models.title, level: 1 }).waitFor()
      await page.getByRole('button', { name: words.imports.add }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel(words.form.path).fill('other.gguf')
      await page.keyboard.press('Enter')
      await approve(page)
      const quarantine = page
        .getByRole('region', { name: words.imports.title })
        .getByRole('listitem')
        .filter({ hasText: 'other.gguf' })
        .first()
      await quarantine.getByText(words.imports.states.trusted, { exact: true }).waitFor({ timeout: 240_000 })
      const stages = quarantine.getByRole('list', { name: /Stages/ })
      for (const stage of ['format', 'scan', 'behaviour']) await stages.getByText(stage).first().waitFor()

      const letIn = page
        .getByRole('region', { name: words.installed.title })
        .getByRole('listitem')
        .filter({ hasText: NAME })
      await letIn.getByRole('button', { name: words.installed.actOn(words.installed.use, NAME), exact: true }).click()
      await dialog.getByRole('button', { name: words.use.act }).click()
      await page.getByText(words.installed.inUse(NAME)).waitFor({ timeout: 120_000 })
      const loaded = page.getByRole('region', { name: words.loaded.title })
      await loaded.locator('.loaded-name').getByText(NAME).waitFor()
      await page.goto(`${castellan.url}/#/chat`)
      await page.getByText('Ready', { exact: true }).waitFor()
      await ask('how full are my disks?')
      await page.getByRole('article', { name: 'disk_usage, Done' }).waitFor()

      await page.goto(`${castellan.url}/#/models`)
      await loaded.getByRole('button', { name: words.loaded.back }).click()
      await dialog.getByRole('button', { name: words.use.act }).click()
      await loaded.locator('.loaded-name').getByText('castellan-interpreter').waitFor({ timeout: 120_000 })
      await letIn
        .getByRole('button', { name: words.installed.actOn(words.installed.remove, NAME), exact: true })
        .click()
      await approve(page)
      await page.getByText(words.installed.outOfUse(NAME)).waitFor()
      await letIn.waitFor({ state: 'detached' })
      expect(await harm(page)).toEqual([])
      expect(complaints).toEqual([])
    })
  })

async function approve(page: Page): Promise<void> {
  await page
    .getByRole('region', { name: strings.approval.title })
    .getByRole('button', { name: /Approve once/ })
    .click()
}
