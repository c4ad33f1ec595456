import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { engine as words } from '../../src/strings/engine.ts'
import { navigation } from '../../src/strings/navigation.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { tooWide, violations } from '../support/look.ts'
import { signedIn } from '../support/visit.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

requires.browser().describe('the page of agents, engines and credentials', () => {
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
    await guest.page.goto(`${castellan.url}/#/engine`)
    await guest.page.getByRole('heading', { name: navigation.engine.title, level: 1 }).waitFor()
    return guest
  }

  test('a credential is checked, kept, rotated, revoked and deleted', async () => {
    const { page, complaints } = await open()
    const dialog = page.getByRole('dialog')
    const secret = dialog.getByLabel(words.add.secret, { exact: true })
    const keep = dialog.getByRole('button', { name: words.add.act })

    await page.getByRole('button', { name: words.credentials.add }).click()
    await dialog.getByLabel(words.add.label).fill('work')
    await secret.fill('sk-or-v1-notanthropic')
    await dialog.getByText(words.add.wrong('sk-ant-api', 'OpenRouter')).waitFor()
    expect(await keep.getAttribute('aria-disabled')).toBe('true')
    await secret.fill('sk-ant-api03-first-secret-1111')
    await page.keyboard.press('Enter')
    const row = page.getByRole('listitem').filter({ hasText: 'work' })
    await row.getByText(words.credentials.ends('1111')).waitFor()

    await row.getByRole('button', { name: words.credentials.rotate }).click()
    await secret.fill('sk-ant-api03-second-secret-2222')
    await dialog.getByRole('button', { name: words.rotate.act }).click()
    await row.getByText(words.credentials.ends('2222')).waitFor()
    expect(await page.content()).not.toMatch(/first-secret|second-secret/)

    await row.getByRole('button', { name: words.credentials.revoke }).click()
    for (const effect of words.revoke.effects) await dialog.getByText(effect).waitFor()
    await dialog.getByRole('button', { name: words.revoke.act }).click()
    await row.getByText(words.credentials.state.revoked, { exact: true }).waitFor()
    await row.getByRole('button', { name: words.credentials.remove }).click()
    await dialog.getByRole('button', { name: words.remove.act }).click()
    await page.getByText(words.credentials.none).waitFor()
    expect(complaints).toEqual([])
  })

  test('a test of a credential says why it cannot be made', async () => {
    const { page } = await open()
    await keepCredential(page, 'tested')
    const row = page.getByRole('listitem').filter({ hasText: 'tested' })
    await row.getByRole('button', { name: words.credentials.actOn(words.credentials.test, 'tested') }).click()
    await page
      .getByRole('status')
      .getByText(/airlock/)
      .first()
      .waitFor()
  })

  test('an agent is added, changed and taken out; engines that are away cannot be chosen and say why', async () => {
    const { page } = await open()
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: words.agents.add }).click()
    const outside = dialog.getByRole('radio', { name: /Anthropic/ })
    expect(await outside.isDisabled()).toBe(true)
    await dialog
      .locator('.engine-choice', { has: page.getByRole('radio', { name: /Anthropic/ }) })
      .getByText(/airlock/)
      .waitFor()
    await dialog.getByLabel(words.form.name, { exact: true }).fill('night-watch')
    await dialog.getByLabel(words.form.prompt).fill('Watch at night.')
    await dialog.getByRole('button', { name: words.form.act }).click()
    const row = page.getByRole('listitem').filter({ hasText: 'night-watch' })
    await row.getByText(words.agents.prompt.inline).waitFor()

    await row.getByRole('button', { name: words.agents.edit }).click()
    expect(await dialog.getByLabel(words.form.prompt).inputValue()).toBe('Watch at night.')
    await dialog.getByLabel(words.form.title).fill('The night watch')
    await dialog.getByRole('checkbox', { name: words.form.memory }).uncheck()
    await dialog.getByRole('button', { name: words.form.act }).click()
    await row.getByText('The night watch').waitFor()
    await row.getByText(words.agents.noMemory).waitFor()

    await row.getByRole('button', { name: words.agents.remove }).click()
    await dialog.getByRole('button', { name: words.removeAgent.act }).click()
    await row.waitFor({ state: 'detached' })
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no accessibility violation in ${colorScheme} and fits into 360 pixels`, async () => {
      const { page } = await open({ colorScheme, viewport: { width: 360, height: 740 } })
      await keepCredential(page, `seen in ${colorScheme}`)
      await page.reload()
      await page.getByText(`seen in ${colorScheme}`).waitFor()
      const look = async (state: string) => {
        expect(await violations(page), state).toEqual([])
        expect(await tooWide(page), state).toEqual([])
      }
      await look('page')
      for (const act of [words.agents.add, words.credentials.add]) {
        await page.getByRole('button', { name: act }).click()
        await page.getByRole('dialog').getByRole('textbox').first().waitFor()
        await look(act)
        await page.getByRole('button', { name: strings.ui.cancel }).click()
      }
    })
  }
})

/** As a program with this browser's sign-in would. */
async function keepCredential(page: Page, label: string): Promise<void> {
  const status = await page.evaluate(async (name) => {
    const body = JSON.stringify({ provider: 'anthropic', label: name, secret: 'sk-ant-api03-example-1234' })
    const headers = { 'content-type': 'application/json' }
    return (await fetch('/api/v1/credentials', { method: 'POST', headers, body })).status
  }, label)
  expect(status, label).toBe(201)
}
