import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { navigation } from '../../src/strings/navigation.ts'
import { policyWords as words } from '../../src/strings/policy.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { corpus } from '../support/corpus.ts'
import { tooWide, violations } from '../support/look.ts'
import { signedIn } from '../support/visit.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const NO_MEMORY = `@id("no-memory")
@reason("Nobody looks at memory.")
forbid (principal is Agent, action == Action::"memory_usage", resource);
`

requires.browser().describe('the page about policy', () => {
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

  async function open(place = '', options?: Parameters<typeof signedIn>[2]) {
    const guest = await signedIn(browser, castellan, options)
    await guest.page.goto(`${castellan.url}/#/policy${place}`)
    await guest.page.getByRole('heading', { name: navigation.policy.title, level: 1 }).waitFor()
    return guest
  }

  const callMemory = () => castellan.api('POST', '/api/v1/calls', { tool: 'memory_usage', wait: 20 })

  test('a rule is written, tried against what was called, signed, in force, and taken back, with the keyboard alone', async () => {
    const { page, complaints } = await open('/change')
    await callMemory()
    const editor = page.getByLabel(words.change.text, { exact: true })
    await editor.fill('@id("no-memory") permit everything;')
    await press(page, words.change.try)
    await page.getByText(words.trial.unfit).waitFor()
    await page.getByRole('button', { name: `mine.cedar, ${words.trial.line(1)}` }).waitFor()
    expect(await page.getByRole('button', { name: words.trial.save }).getAttribute('aria-disabled')).toBe('true')

    await editor.fill(NO_MEMORY)
    await page.getByText(words.trial.stale).waitFor()
    await press(page, words.change.try)
    await page.getByText(words.trial.fine).waitFor()
    const calls = page.getByRole('group', { name: words.trial.callTable })
    await calls.getByRole('row').filter({ hasText: 'memory_usage' }).first().waitFor()
    expect(await calls.getByRole('row').nth(1).textContent()).toMatch(
      /allow[\s\S]*agents-read[\s\S]*deny[\s\S]*no-memory/,
    )
    // Nothing of it is in force.
    await callMemory()

    await press(page, words.trial.save)
    const dialog = page.getByRole('dialog', { name: words.save.title('mine.cedar') })
    await dialog.getByText(`${words.save.rules.added}: no-memory.`).waitFor()
    await press(page, words.save.act)
    await page.getByText(words.trial.saved('mine.cedar')).waitFor()
    await expect(callMemory()).rejects.toThrow(/no-memory/)

    await page.goto(`${castellan.url}/#/policy?words=no-memory`)
    await page.getByText('Nobody looks at memory.').waitFor()
    await page.getByText('agents: memory_usage').waitFor()
    await press(page, words.rules.change('mine.cedar'))
    await editor.fill(`${NO_MEMORY}// And why.\n`)
    await press(page, words.change.try)
    await page.getByText(words.trial.fine).waitFor()
    await press(page, words.trial.save)
    await press(page, words.save.act)
    const before = page.getByLabel(words.change.versions)
    await before.waitFor()
    await before.selectOption({ index: 1 })
    await expect.poll(() => editor.inputValue()).toBe(NO_MEMORY)
    await press(page, words.change.remove)
    await press(page, words.change.try)
    await page.getByText(words.trial.fine).waitFor()
    await press(page, words.trial.save)
    await press(page, words.save.act)
    await expect.poll(() => callMemory().then(Boolean, () => false)).toBe(true)
    expect(complaints).toEqual([])
  })

  test('a call is explained by its rule, why, and what would change it', async () => {
    const { page, complaints } = await open('/explain')
    await page.getByLabel(words.explain.tool, { exact: true }).selectOption('file_write')
    await page.getByLabel('Path', { exact: true }).fill('notes.txt')
    await page.getByLabel('Content', { exact: true }).fill('hello')
    await press(page, words.explain.act)
    await page.getByText(words.verdict.ask(1)).waitFor()
    await page.getByText('the mode were operate').waitFor()
    await page.getByLabel('Write the arguments as JSON').check()
    await page.getByLabel('Arguments as JSON', { exact: true }).fill('{"path": "notes.txt"}')
    await press(page, words.explain.act)
    await page
      .getByRole('alert')
      .getByText(/content/)
      .waitFor()
    await page.getByLabel('Arguments as JSON', { exact: true }).fill('{"path": "notes.txt", "content": "x"}')
    await page.getByLabel(words.explain.mode, { exact: true }).first().selectOption('observe')
    await press(page, words.explain.act)
    await page.getByText(words.verdict.deny).waitFor()
    await page.getByRole('link', { name: 'observe-only-reads' }).first().click()
    await page.locator('.policy-rule.chosen').getByText('In mode observe nothing is changed.').first().waitFor()
    expect(complaints).toEqual([])
  })

  test('what rules and files say is text, whatever it is', async () => {
    const { page, complaints } = await open()
    await page.exposeFunction('breach', () => complaints.push('ran'))
    const rules = corpus
      .filter((text) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text) && text.length < 400)
      .map((text, number) => {
        const literal = JSON.stringify(text)
        return `@id("odd-${number}")\n@reason(${literal})\nforbid (principal == Agent::${literal}, action, resource in Path::${literal})\nwhen { context.channel == ${literal} };\n`
      })
    const text = `// ${corpus[0]}\n${rules.join('\n')}`
    await page.goto(`${castellan.url}/#/policy/change`)
    await page.getByLabel(words.change.name).fill('odd.cedar')
    await page.getByLabel(words.change.text, { exact: true }).fill(text)
    await press(page, words.change.try)
    await page.locator('.policy-verdict').waitFor()
    expect(await page.locator('.policy-verdict').textContent()).toBe(words.trial.fine)
    await press(page, words.trial.save)
    await press(page, words.save.act)
    await page.getByText(words.trial.saved('odd.cedar')).waitFor()
    await page.goto(`${castellan.url}/#/policy?words=odd-`)
    await page
      .locator('.policy-reason')
      .getByText(corpus[0] as string, { exact: true })
      .first()
      .waitFor()
    for (const summary of await page.locator('.policy-rule summary').all()) await summary.click()
    await page.locator('.cedar').first().waitFor()
    expect(
      await page.locator('.policy-rule :is(script, img, svg, iframe, object, form, a[href^="java"])').count(),
    ).toBe(0)
    await page.goto(`${castellan.url}/#/policy?rule=odd-1`)
    await page.locator('.policy-rule.chosen').waitFor()
    expect(complaints).toEqual([])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no accessibility violation in ${colorScheme} and fits into 360 pixels`, async () => {
      const { page } = await open('', { colorScheme, viewport: { width: 360, height: 740 } })
      const look = async () => [await violations(page), await tooWide(page)]
      await page.locator('.policy-rule summary').first().click()
      await page.locator('.cedar').first().waitFor()
      expect(await look()).toEqual([[], []])
      await page.getByRole('link', { name: words.tabs.explain, exact: true }).click()
      await page.getByLabel(words.explain.tool, { exact: true }).selectOption('disk_usage')
      await press(page, words.explain.act)
      await page.locator('.policy-verdict').waitFor()
      expect(await look()).toEqual([[], []])
      await page.getByRole('link', { name: words.tabs.change, exact: true }).click()
      await page
        .getByLabel(words.change.text, { exact: true })
        .fill('@id("nothing") forbid (principal, action, resource);')
      await press(page, words.change.try)
      await page.getByText(words.trial.fine).waitFor()
      await page.getByText(words.trial.kindTable).click()
      expect(await look()).toEqual([[], []])
      await press(page, words.trial.save)
      await page.getByRole('dialog').waitFor()
      expect(await look()).toEqual([[], []])
    })
  }
})

/** Presses a button as somebody without a pointer does, once it can be pressed. */
async function press(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name, exact: true })
  await expect.poll(() => button.getAttribute('aria-disabled')).not.toBe('true')
  await button.focus()
  await page.keyboard.press('Enter')
}
