import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BackupKeyMade, BackupUnlocked } from '@castellan/contracts'
import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { appearance } from '../../src/strings/appearance.ts'
import { backups } from '../../src/strings/backups.ts'
import { exports } from '../../src/strings/exports.ts'
import { navigation } from '../../src/strings/navigation.ts'
import { operatorKeys } from '../../src/strings/operator-keys.ts'
import { settings } from '../../src/strings/settings.ts'
import { signIns } from '../../src/strings/sign-ins.ts'
import { tokens } from '../../src/strings/tokens.ts'
import { strings } from '../../src/strings.ts'
import { VirtualAuthenticator } from '../support/authenticator.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { corpus } from '../support/corpus.ts'
import { tooWide, violations } from '../support/look.ts'
import { signedIn, visit } from '../support/visit.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

/** A name as hostile as a name may be long. */
const HOSTILE = corpus
  .filter((text) => !/[\p{Cc}\p{Cf}]/u.test(text))
  .join(' ')
  .slice(0, 78)
  .trim()

requires.browser().describe('the page of settings', () => {
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

  async function open(section: keyof typeof settings.sections, options?: Parameters<typeof signedIn>[2]) {
    const guest = await signedIn(browser, castellan, options)
    await guest.page.exposeFunction('breach', () => guest.complaints.push('ran'))
    await guest.page.goto(`${castellan.url}/#/settings/${section}`)
    await guest.page.getByRole('heading', { name: navigation.settings.title, level: 1 }).waitFor()
    return guest
  }

  test('a token is made, shown once, used, rotated and revoked', async () => {
    const { page, complaints } = await open('tokens')
    await page.getByText(tokens.none).waitFor()
    await page.getByRole('button', { name: tokens.add }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(tokens.name).fill(HOSTILE)
    await dialog.getByLabel(tokens.scope, { exact: true }).selectOption('operate')
    await dialog.getByText(tokens.scopes.operate).waitFor()
    await dialog.getByLabel(tokens.days).fill('7')
    await dialog.getByRole('button', { name: tokens.addAct }).click()
    const secret = dialog.locator('.secret code')
    const first = (await secret.textContent()) ?? ''
    expect(first).toMatch(/^cst_[\w-]{43}$/)
    expect(await violations(page)).toEqual([])
    // A slip of the finger does not lose it.
    await page.keyboard.press('Escape')
    await dialog.getByText(tokens.secretWarned).waitFor()
    await dialog.getByRole('button', { name: tokens.secretKept }).click()
    await secret.waitFor({ state: 'detached' })
    expect(await page.content()).not.toContain(first)
    expect(await status(castellan, first)).toBe(200)
    expect(await status(castellan, first, '/api/v1/tokens')).toBe(403)

    const row = page.getByRole('listitem').filter({ hasText: HOSTILE })
    for (const word of ['operate', 'approve-never', tokens.states.active]) await row.getByText(word).first().waitFor()
    await row.getByRole('button', { name: tokens.rotateAct }).click()
    await dialog.getByLabel(tokens.overlap).selectOption('0')
    await dialog.getByRole('button', { name: tokens.rotateNow }).click()
    const second = (await secret.textContent()) ?? ''
    await dialog.getByRole('button', { name: tokens.secretKept }).click()
    await expect.poll(() => status(castellan, first)).toBe(401)
    expect(await status(castellan, second)).toBe(200)

    await row.getByRole('button', { name: tokens.revokeAct }).click()
    for (const effect of tokens.revoke.effects) await dialog.getByText(effect).waitFor()
    await dialog.getByRole('button', { name: tokens.revoke.act, exact: true }).click()
    await row.getByText(tokens.states.revoked).waitFor()
    expect(await status(castellan, second)).toBe(401)
    expect(complaints).toEqual([])
  })

  test('other browsers are signed out, and a key is renamed and removed on the word of another', async () => {
    const other = await signedIn(browser, castellan)
    const { page, complaints } = await open('sign-in')
    const browsers = page.getByRole('region', { name: signIns.title })
    const keys = page.getByRole('region', { name: signIns.keys })
    const dialog = page.getByRole('dialog')
    const own = keys.getByRole('listitem').filter({ hasText: operatorKeys.own })
    await own.getByText(operatorKeys.unchangeable.itself).waitFor()
    await browsers.getByRole('listitem').filter({ hasText: signIns.current }).waitFor()

    const rest = keys.getByRole('listitem').filter({ hasNotText: operatorKeys.own })
    await rest.first().getByRole('button', { name: operatorKeys.rename }).click()
    await dialog.getByLabel(operatorKeys.name).fill(HOSTILE)
    await dialog.getByRole('button', { name: operatorKeys.rename, exact: true }).click()
    const renamed = keys.getByRole('listitem').filter({ hasText: HOSTILE })
    await renamed.waitFor()
    await browsers.getByText(HOSTILE).first().waitFor()
    const { length } = (await castellan.operators()).filter(({ revoked_at }) => revoked_at === undefined)
    await renamed.getByRole('button', { name: operatorKeys.removeAct }).click()
    for (const effect of operatorKeys.remove.effects) await dialog.getByText(effect).waitFor()
    await dialog.getByRole('button', { name: operatorKeys.remove.act, exact: true }).click()
    await renamed.waitFor({ state: 'detached' })
    const left = (await castellan.operators()).filter(({ revoked_at }) => revoked_at === undefined)
    expect(left).toHaveLength(length - 1)

    const another = await signedIn(browser, castellan)
    await page.reload()
    await page.getByRole('button', { name: signIns.endOthersAct }).click()
    await dialog.getByRole('button', { name: signIns.endOthers.act, exact: true }).click()
    for (const gone of [other, another]) await gone.page.getByRole('textbox', { name: 'Sign-in code' }).waitFor()
    await expect.poll(() => browsers.getByRole('listitem').count()).toBe(1)
    expect(complaints).toEqual([])
  })

  test('a passkey is added with a fresh code and signs from then on, and no other way', async () => {
    const { page, complaints } = await visit(browser, castellan)
    await VirtualAuthenticator.plugIn(page)
    await page.goto(`${castellan.namedUrl}/#code=${await castellan.signInCode()}`)
    await page.getByRole('textbox', { name: 'Message' }).waitFor()
    await page.goto(`${castellan.namedUrl}/#/settings/sign-in`)
    const browsers = page.getByRole('region', { name: signIns.title })
    await browsers.getByRole('listitem').first().waitFor()
    const before = await browsers.getByRole('listitem').count()
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: signIns.addPasskey }).click()
    await dialog.getByLabel(signIns.code).fill('WRONG-WRONG-WRONG-WRONG')
    await dialog.getByRole('button', { name: signIns.addPasskeyAct }).click()
    await dialog.getByText(strings.signIn.wrongCode).waitFor()
    await dialog.getByLabel(signIns.code).fill(await castellan.signInCode())
    await dialog.getByRole('button', { name: signIns.addPasskeyAct }).click()
    await page
      .getByRole('region', { name: signIns.keys })
      .getByRole('listitem')
      .filter({ hasText: operatorKeys.own })
      .filter({ hasText: operatorKeys.kinds.passkey })
      .waitFor()
    // It is the same browser: its earlier sign-in is over.
    await expect.poll(() => browsers.getByRole('listitem').count()).toBe(before)
    expect(complaints).toEqual([])
  })

  test('a passphrase is set, and replaced by who knows it', async () => {
    const { page } = await open('sign-in')
    const dialog = page.getByRole('dialog')
    const fill = async (passphrase: string) => {
      await dialog.getByLabel(signIns.passphraseNew).fill(passphrase)
      await dialog.getByLabel(signIns.passphraseAgain).fill(passphrase)
      await dialog.getByRole('button', { name: signIns.passphraseAct, exact: true }).click()
    }
    await page.getByRole('button', { name: signIns.passphraseMake }).click()
    await fill('correct horse battery staple')
    await page.getByRole('button', { name: signIns.passphraseReplace }).click()
    await dialog.getByLabel(signIns.passphraseCurrent).fill('not what is in force')
    await fill('another horse entirely')
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel(signIns.passphraseCurrent).fill('correct horse battery staple')
    await dialog.getByRole('button', { name: signIns.passphraseAct, exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText(signIns.passphraseRemoveCommand).waitFor()
  })

  test('a backup is made, verified and restored in place, each as a call that is asked about', async () => {
    const { page, complaints } = await open('backup')
    const dialog = page.getByRole('dialog')
    await page.getByText(backups.keyNone, { exact: true }).waitFor()
    const made = await castellan.root('POST', '/v1/backups/key', { body: {}, schema: BackupKeyMade })
    await page.getByText(backups.keyThere, { exact: true }).waitFor()
    const note = join(castellan.workspace, 'kept.txt')
    writeFileSync(note, 'as it was\n')
    await page.getByRole('button', { name: backups.create }).click()
    await dialog.getByLabel(backups.paths).fill(note)
    await dialog.getByRole('button', { name: backups.createAct, exact: true }).click()
    await approve(page)
    const row = page.getByRole('listitem').filter({ hasText: note })
    await row.getByText(backups.checked.restored).waitFor()
    const id = (await row.locator('code').first().textContent()) ?? ''
    await row.getByRole('button', { name: backups.verify }).click()
    await page.getByText(/is byte for byte what was written/).waitFor()

    writeFileSync(note, 'spoiled\n')
    const unlocking = { backup_id: id, purpose: 'restore', recovery_key: made.recovery_key }
    await castellan.root('POST', '/v1/backups/unlock', { body: unlocking, schema: BackupUnlocked })
    await row.getByRole('button', { name: backups.restore }).click()
    await dialog.getByText(backups.unlockCommand(id)).waitFor()
    await dialog.getByLabel(backups.where).selectOption('in_place')
    await dialog.getByRole('button', { name: backups.restoreAct, exact: true }).click()
    const question = page.getByRole('dialog', { name: backups.inPlace.title(id) })
    await question.getByText(backups.overwrites(note)).waitFor()
    await question.getByLabel(strings.ui.typeToConfirm(backups.inPlaceTyped)).fill(backups.inPlaceTyped)
    await page.keyboard.press('Enter')
    await approve(page)
    await expect.poll(() => readFileSync(note, 'utf8')).toBe('as it was\n')
    expect(complaints).toEqual([])
  })

  test('the ledger, chats and credentials are carried away as files, and credentials taken in again', async () => {
    const credential = {
      ...{ provider: 'home', auth: 'api_key', label: HOSTILE, secret: 'planted-secret-0123456789' },
      base_url: 'https://engine.example',
    }
    await castellan.api('POST', '/api/v1/credentials', credential)
    const { page, complaints } = await open('export')
    const dialog = page.getByRole('dialog')
    const saved = async (act: () => Promise<void>) => {
      const [download] = await Promise.all([page.waitForEvent('download'), act()])
      return readFileSync(await download.path(), 'utf8')
    }
    const save = (title: string) => page.getByRole('button', { name: exports.saveNamed(title) }).click()
    const lines = (await saved(() => save(exports.files.ledger.title))).trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '').entry.index).toBe(0)
    expect(JSON.parse(lines[0] ?? '').entry.index).toBe(lines.length - 1)
    for (const title of [exports.files.chats.title, exports.files.memory.title, exports.files.insights.title])
      expect(typeof (await saved(() => save(title)))).toBe('string')
    const document = await saved(() => page.getByRole('link', { name: exports.openApi.yaml, exact: true }).click())
    expect(document).toContain('openapi: 3.1')

    const passphrase = 'five words nobody would guess'
    await page.getByRole('button', { name: exports.credentialsExport }).click()
    await dialog.getByLabel(exports.passphrase).fill(passphrase)
    await dialog.getByLabel(exports.passphraseAgain).fill(passphrase)
    const file = await saved(() => dialog.getByRole('button', { name: exports.credentialsSeal }).click())
    expect(file).toContain('BEGIN AGE ENCRYPTED FILE')
    expect(file).not.toContain('planted-secret')

    await page.getByRole('button', { name: exports.credentialsImport }).click()
    const content = { name: 'castellan-credentials.age', mimeType: 'text/plain', buffer: Buffer.from(file) }
    await dialog.getByLabel(exports.file, { exact: true }).setInputFiles(content)
    await dialog.getByLabel(exports.passphrase).fill('not that passphrase')
    await dialog.getByRole('button', { name: exports.importAct }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel(exports.passphrase).fill(passphrase)
    await dialog.getByRole('button', { name: exports.importAct }).click()
    await dialog.getByText(exports.imported(0)).waitFor()
    await dialog.getByText(exports.skipped(1)).waitFor()
    expect(complaints).toEqual([])
  })

  test('light, dark and times are chosen and kept, and the page says what it is a page of', async () => {
    const { page, complaints } = await open('appearance', { colorScheme: 'light' })
    await page.getByLabel(appearance.themes.dark).check()
    await page.getByLabel(appearance.timeStyles.exact).check()
    await page.reload()
    await page.locator('html[data-theme=dark]').waitFor()
    expect(await page.getByLabel(appearance.timeStyles.exact).isChecked()).toBe(true)
    await page.getByLabel(appearance.themes.system).check()
    await page.locator('html[data-theme=light]').waitFor()
    const about = page.getByRole('region', { name: appearance.about })
    await about.getByText(castellan.url, { exact: true }).first().waitFor()
    // Without an airlock in this test.
    const states = ['ready', 'ready', 'ready', appearance.states.unavailable]
    await expect.poll(() => about.locator('.pill').allTextContents()).toEqual(states)
    expect(complaints).toEqual([])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no accessibility violation in ${colorScheme}, and fits into 360 pixels`, async () => {
      const { page } = await open('tokens', { colorScheme, viewport: { width: 360, height: 740 } })
      for (const section of Object.keys(settings.sections)) {
        await page.goto(`${castellan.url}/#/settings/${section}`)
        await page.locator(`.sections [aria-current=page][href$="${section}"]`).waitFor()
        await expect.poll(() => page.locator('.state.loading').count()).toBe(0)
        expect([section, await violations(page)]).toEqual([section, []])
        expect([section, await tooWide(page)]).toEqual([section, []])
      }
    })
  }
})

/** What a program that has this token is answered. */
async function status(castellan: Castellan, token: string, path = '/api/v1/agents'): Promise<number> {
  return (await fetch(`${castellan.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).status
}

/** Says yes to the call that waits. */
async function approve(page: Page): Promise<void> {
  const approval = page.getByRole('region', { name: strings.approval.title })
  await approval.getByRole('button', { name: strings.approval.approve }).click()
}
