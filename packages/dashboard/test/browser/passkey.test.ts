import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires } from '@castellan/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { strings } from '../../src/strings.ts'
import { VirtualAuthenticator } from '../support/authenticator.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { callFor, say } from '../support/engine.ts'
import { visit } from '../support/visit.ts'

const NOTE = { path: 'notes.txt', content: 'Buy a bigger disk.\n', mode: 'overwrite' }

// Real processes and a real browser, on machines that may be busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

requires.browser().describe('a passkey in a browser, with the real gateway and agentd', () => {
  let castellan: Castellan
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan()
    castellan.engine.answer = ({ messages }) => {
      const last = messages.at(-1)
      return last?.role === 'tool' ? say(last.summary) : callFor('file_write', NOTE)
    }
    browser = await openBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await castellan?.stop()
  })

  test('is enrolled with an invitation, signs an approval, and signs in again', async () => {
    const { page, complaints, ask } = await visit(browser, castellan)
    const authenticator = await VirtualAuthenticator.plugIn(page)
    const code = await castellan.invitation("Ann's phone", 'Ann')
    await page.goto(`${castellan.namedUrl}/#code=${code}&choose`)
    expect(await page.getByRole('textbox', { name: 'Sign-in code' }).inputValue()).toBe(code)
    await page.getByRole('button', { name: strings.signIn.withPasskey }).click()
    await page.getByRole('textbox', { name: 'Message' }).waitFor()
    expect(await castellan.operators()).toMatchObject([{ name: "Ann's phone", person: 'Ann', kind: 'passkey' }])
    expect(await authenticator.uses()).toBe(1)

    const file = join(castellan.workspace, NOTE.path)
    await ask('write a note')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.getByRole('button', { name: /Approve once/ }).click()
    await page.getByText("Approved by Ann's phone").waitFor()
    await page.getByRole('article', { name: 'file_write, Done' }).waitFor()
    expect(readFileSync(file, 'utf8')).toBe(NOTE.content)
    expect(await authenticator.uses()).toBe(2)

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('textbox', { name: 'Sign-in code' }).fill(await castellan.signInCode())
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('textbox', { name: 'Message' }).waitFor()
    expect(await castellan.operators()).toHaveLength(1)

    const before = await authenticator.uses()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: strings.signIn.withKey }).click()
    await page.getByRole('textbox', { name: 'Message' }).waitFor()
    expect(await authenticator.uses()).toBe((before ?? 0) + 1)
    expect(complaints).toEqual([])
  })

  test('and a passphrase beside it opens the page, where one is set', async () => {
    const passphrase = 'correct horse battery staple'
    await castellan.setPassphrase(passphrase)
    const { page, complaints } = await visit(browser, castellan)
    await page.goto(castellan.url)
    await page.getByLabel(strings.signIn.passphrase, { exact: true }).fill('not this one')
    await page.getByRole('button', { name: strings.signIn.withPassphrase }).click()
    await page.getByText(strings.signIn.wrongPassphrase).waitFor()
    await page.getByLabel(strings.signIn.passphrase, { exact: true }).fill(passphrase)
    await page.getByRole('button', { name: strings.signIn.withPassphrase }).click()
    await page.getByRole('textbox', { name: 'Message' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('whose owner is not verified approves nothing, and the page says so', async () => {
    const { page, ask } = await visit(browser, castellan)
    const authenticator = await VirtualAuthenticator.plugIn(page)
    await page.goto(`${castellan.namedUrl}/#code=${await castellan.invitation('Bob', 'Bob')}&choose`)
    await page.getByRole('button', { name: strings.signIn.withPasskey }).click()
    await page.getByRole('textbox', { name: 'Message' }).waitFor()

    await authenticator.verify(false)
    await ask('write a note')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.getByRole('button', { name: /Approve once/ }).click()
    await approval.getByText(strings.approval.passkeyRefused).waitFor()
    await authenticator.verify(true)
    await approval.getByRole('button', { name: 'Deny' }).click()
    await page.getByText('Denied by Bob').waitFor()
  })

  test('is not offered where the page has no name, and an ordinary code makes an ordinary key', async () => {
    const { page } = await visit(browser, castellan)
    await page.goto(castellan.url)
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    expect(await page.getByRole('button', { name: strings.signIn.withPasskey }).count()).toBe(0)
  })
})
