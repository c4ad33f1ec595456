import { Incident } from '@castellan/contracts'
import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { navigation } from '../../src/strings/navigation.ts'
import { recovery } from '../../src/strings/recovery.ts'
import { security as words } from '../../src/strings/security.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { corpus } from '../support/corpus.ts'
import { tooWide, violations } from '../support/look.ts'
import { signedIn } from '../support/visit.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

requires.browser().describe('the page about security', () => {
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
    await guest.page.goto(`${castellan.url}/#/security`)
    await guest.page.getByRole('heading', { name: navigation.security.title, level: 1 }).waitFor()
    return guest
  }

  test('all agents are frozen by a typed word and this browser’s key, and thawed again', async () => {
    const { page, complaints } = await open()
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: words.emergency.freeze }).click()
    for (const effect of words.freeze.effects) await dialog.getByText(effect).waitFor()
    const act = dialog.getByRole('button', { name: words.freeze.act, exact: true })
    expect(await act.getAttribute('aria-disabled')).toBe('true')
    await dialog.getByLabel(strings.ui.typeToConfirm(words.freeze.typed)).fill(words.freeze.typed)
    await act.click()
    await page.locator('.emergency').getByText(words.emergency.frozen, { exact: true }).waitFor()
    expect(await violations(page)).toEqual([])
    expect(await code(page, 'system_health', {})).toBe('agents_frozen')

    await page.getByRole('button', { name: words.emergency.thaw }).click()
    await dialog.getByLabel(strings.ui.typeToConfirm(words.thaw.typed)).fill(words.thaw.typed)
    await page.keyboard.press('Enter')
    await page.locator('.emergency').getByText(words.emergency.free, { exact: true }).waitFor()
    expect(await code(page, 'system_health', {})).toBeNull()
    expect(complaints).toEqual([])
  })

  test('from any page, one button in sight stops all agents, and every page says that they are', async () => {
    const { page, complaints } = await signedIn(browser, castellan)
    const dialog = page.getByRole('dialog')
    await page.goto(`${castellan.url}/#/ledger`)
    await page.getByRole('button', { name: strings.header.stop, exact: true }).click()
    await dialog.getByLabel(strings.ui.typeToConfirm(words.freeze.typed)).fill(words.freeze.typed)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: strings.header.frozen }).click()
    await page.getByRole('button', { name: words.emergency.thaw }).click()
    await dialog.getByLabel(strings.ui.typeToConfirm(words.thaw.typed)).fill(words.thaw.typed)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: strings.header.stop, exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  test('an incident is read, noted and resolved, whatever its words are', async () => {
    const { page, complaints } = await open()
    await page.exposeFunction('breach', () => complaints.push('ran'))
    const summary = corpus
      .filter((text) => !/[\p{Cc}\p{Cf}]/u.test(text))
      .join(' ')
      .slice(0, 900)
    await report(castellan, page, { subject: 'nginx<img src=x onerror=breach()>', summary })
    await page.reload()
    await page.getByRole('button', { name: new RegExp(words.classes.reported) }).click()
    const dialog = page.getByRole('dialog', { name: words.classes.reported })
    await dialog.getByText(summary.slice(0, 60)).first().waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('textbox').fill('The unit had a loop; it is fixed.')
    await dialog.getByRole('button', { name: words.incidents.resolve, exact: true }).click()
    await agree(page)
    await page.getByText(words.incidents.resolved).waitFor()
    await dialog.getByText(words.incidents.states.resolved, { exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  test('what holds an incident is lifted step by step, each said before and signed', async () => {
    const { page, complaints } = await open()
    const reported = await castellan.call('incident_create', { subject: 'walk me back', summary: 'Too eager.' })
    const { id } = (reported as { incident: { id: string } }).incident
    const contain = { action: 'freeze_agents', reason: 'To look at it in peace.' }
    await castellan.root('POST', `/v1/incidents/${id}/containment`, { body: contain, schema: Incident })
    await page.reload()
    // Agents read nothing now; whoever is to thaw them still sees why they are frozen.
    await page.getByRole('button', { name: /walk me back/ }).click()
    const way = page.getByRole('region', { name: recovery.title })
    await way.getByText(recovery.steps['lift:freeze_agents']).waitFor()
    expect(await violations(page)).toEqual([])

    const confirm = async (title: string, act: string, effects: readonly string[]) => {
      const question = page.getByRole('dialog', { name: title })
      for (const effect of effects) await question.getByText(effect).waitFor()
      await question.getByRole('button', { name: act, exact: true }).click()
    }
    const { title, act } = recovery.confirm
    const stays = recovery.stays.freeze_agents
    await way.getByRole('button', { name: recovery.acts.cause }).click()
    await confirm(title.cause, act.cause, [stays])
    // It was seen this very minute, so somebody has to say why that is no matter.
    await way.getByRole('textbox').fill('I reported it myself.')
    await way.getByRole('button', { name: recovery.acts.forced }).click()
    await confirm(title.forced, act.forced, [stays, ...recovery.confirm.forced])
    await way.getByRole('button', { name: recovery.acts.lift }).click()
    await confirm(title.lift, act.lift, [recovery.lifts.freeze_agents])
    await way.getByRole('button', { name: recovery.acts.resolve }).click()
    await confirm(title.resolve, act.resolve, recovery.confirm.resolve)
    await way.waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.locator('.emergency').getByText(words.emergency.free, { exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  test('hardening is a score with what to do, and integrity says that there is no baseline', async () => {
    const { page } = await open()
    await page
      .locator('.score-word')
      .getByText(/\d+ of 100|judged/)
      .waitFor()
    await page.getByRole('region', { name: words.integrity.title }).locator('.pill').first().waitFor()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no accessibility violation in ${colorScheme} and fits into 360 pixels`, async () => {
      const { page } = await open({ colorScheme, viewport: { width: 360, height: 740 } })
      await page.locator('.score-word').waitFor()
      await page.getByRole('region', { name: words.integrity.title }).locator('.pill').first().waitFor()
      await page.getByText(words.emergency.levels).click()
      expect(await violations(page)).toEqual([])
      expect(await tooWide(page)).toEqual([])
    })
  }
})

/** What a call by this page is refused with; null where it is not. */
async function code(page: Page, tool: string, args: object): Promise<string | null> {
  return page.evaluate(
    async (call) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch('/api/v1/calls', { method: 'POST', headers, body: JSON.stringify(call) })
      const { code: refused = null, error = null } = await answer.json()
      return refused ?? error?.code ?? null
    },
    { tool, args },
  )
}

/** Has an incident reported, with the yes of root where policy wants one. */
async function report(castellan: Castellan, page: Page, args: object): Promise<void> {
  const state = await page.evaluate(async (given) => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ tool: 'incident_create', args: given })
    return (await (await fetch('/api/v1/calls?wait=0', { method: 'POST', headers, body })).json()).state
  }, args)
  if (state === 'waiting') await castellan.decide('approve')
}

/** Says yes to the call, where policy wants a person asked. */
async function agree(page: Page): Promise<void> {
  const approval = page.getByRole('region', { name: strings.approval.title })
  const done = page.getByText(words.incidents.resolved)
  await approval.or(done).first().waitFor()
  if (await approval.isVisible()) await approval.getByRole('button', { name: strings.approval.approve }).click()
}
