import { requires } from '@castellan/testing'
import fc from 'fast-check'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { channelsInto, textsFor } from '../support/channels.ts'
import { corpus } from '../support/corpus.ts'
import { callFor, say, stop } from '../support/engine.ts'
import { harm, said, watch } from '../support/harm.ts'
import { hasRead, openPage, pageNames } from '../support/pages.ts'
import { signedIn, type Visit } from '../support/visit.ts'

// Real processes and a real browser, on machines that may be busy with other things.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

/** Places that the pages lead to which are looked at, and things opened on each page. */
const MOST_PLACES = 80
const MOST_OPENED = 8

requires.browser().describe('words of others, wherever they come from and wherever they are shown', () => {
  let castellan: Castellan
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan()
    browser = await openBrowser()
  })

  beforeEach(async () => {
    castellan.engine.answer = () => say('…')
    await castellan.decide('deny').catch(() => undefined)
    await castellan.emptyChat()
  })

  afterAll(async () => {
    await browser?.close()
    await castellan?.stop()
  })

  /** Signed in, with everything that must not happen being watched. */
  async function watched(): Promise<Visit> {
    const guest = await signedIn(browser, castellan)
    await watch(guest)
    await guest.page.reload()
    await guest.page.getByText('Ready', { exact: true }).waitFor()
    return guest
  }

  const over = (page: Page): Locator => page.locator('.status-line .spinner')

  test('the watch sees what it is there for', async () => {
    const { page, complaints } = await watched()
    await page.evaluate(() => {
      const bad = document.createElement('p')
      bad.innerHTML =
        '<img src="https://breach.example/1.png" onerror="breach()"><a href="javascript:breach()">x</a><x-y></x-y>'
      document.getElementById('page')?.append(bad)
    })
    expect(await harm(page)).toEqual([
      '<img>',
      'img[src=https://breach.example/1.png]',
      'img[onerror]',
      'a[href=javascript:breach()]',
      '<x-y>',
    ])
    await expect.poll(() => complaints.join('\n')).toMatch(/the policy stopped img-src https:\/\/breach\.example/)
    await expect.poll(() => complaints.join('\n')).toMatch(/the policy stopped script-src-attr inline/)
  })

  test('come through every channel as the words they are', async () => {
    const guest = await watched()
    const { page, complaints } = guest
    const channels = channelsInto(castellan)
    for (const channel of channels) {
      for (const [nth, text] of textsFor(channel).entries()) await channel.put(text, nth)
    }
    for (const call of [
      'process_list {"name":"breach","limit":50}',
      'directory_list',
      'file_read {"path":"told-0.txt"}',
    ]) {
      await guest.ask(`/call ${call}`)
      await page.getByRole('article', { name: `${call.split(' ')[0]}, Done` }).waitFor()
    }
    // Last, and open until the end: what is waited for is shown on several pages.
    await guest.ask(
      `/call file_write ${JSON.stringify({ path: 'asked.txt', content: `question: ${corpus.filter((text) => !text.includes('\u0000')).join(' ')}` })}`,
    )
    await page.getByRole('region', { name: strings.approval.title }).waitFor()
    const seen: string[] = []
    const places = new Set<string>()
    const look = async (where: string) => {
      expect(await harm(page), where).toEqual([])
      expect(complaints, where).toEqual([])
      seen.push(await said(page))
      const links = await page.locator('main a[href^="#/"], dialog a[href^="#/"]').evaluateAll((all) => {
        return all.map((link) => link.getAttribute('href') as string)
      })
      for (const link of links) places.add(link)
    }
    for (const name of pageNames) {
      await openPage(page, castellan, name)
      for (const summary of await page.locator('main summary').all())
        await summary.click({ timeout: 5000 }).catch(() => undefined)
      await look(name)
      await openWhatOpens(page, (what) => look(`${name}, ${what}`))
    }
    for (const place of [...places].slice(0, MOST_PLACES)) {
      await page.goto(`${castellan.url}/${place}`)
      await hasRead(page)
      await look(place)
    }
    const all = seen.join('\n')
    expect([...channels.map(({ name }) => name), 'question'].filter((name) => !all.includes(`${name}: <`))).toEqual([])
  })

  test('do no harm as parts of an address', async () => {
    const { page, complaints } = await watched()
    for (const text of [
      '<img src=x onerror=breach()>',
      'javascript:breach()',
      '"><svg onload=breach()>',
      '__proto__',
      '%',
      '../../x',
    ]) {
      for (const name of pageNames) {
        await page.goto(
          `${castellan.url}/#/${name}/${encodeURIComponent(text)}?${new URLSearchParams({ text, tool: text, type: text, from: text })}`,
        )
        await hasRead(page)
        expect(await harm(page), `${name} ${text}`).toEqual([])
      }
    }
    expect(complaints).toEqual([])
  })

  test('are harmless as the model says them, in pieces as they come, and as a tool gives them', async () => {
    const { page, complaints, ask } = await watched()
    const everything = corpus.join('\n\n')
    castellan.engine.answer = ({ messages }) => {
      if (messages.at(-1)?.role !== 'tool') return callFor('file_read', { path: everything.slice(0, 4000) })
      return say(
        ...[...corpus, ...corpus.toReversed()].flatMap((text) => [...(`${text}\n\n`.match(/[\s\S]{1,3}/g) ?? [])]),
      )
    }
    await ask(everything.replaceAll('\u0000', ''))
    await over(page).waitFor({ state: 'detached' })
    await page.locator('.answer').getByText('<script>breach()</script>').last().waitFor()
    expect(await harm(page)).toEqual([])
    castellan.engine.answer = () => say('…')
    await castellan.call('file_write', {
      path: 'corpus.txt',
      content: everything.replaceAll('\u0000', ''),
      mode: 'overwrite',
    })
    await ask('/call file_read {"path":"corpus.txt"}')
    await page.getByRole('article', { name: 'file_read, Done' }).last().waitFor()
    expect(await harm(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  test('are harmless whatever Markdown they are woven into', async () => {
    const { page, complaints, ask } = await watched()
    const marks = [
      '\n',
      '\n\n',
      '    ',
      '> ',
      '- ',
      '1. ',
      '# ',
      '```',
      '`',
      '~~~',
      '**',
      '_',
      '~~',
      '[',
      ']',
      '(',
      ')',
      '](',
      '![',
      '<',
      '>',
      '"',
      '\\',
      '&',
      '|',
      '\n|---|\n',
      '---',
      '- [ ] ',
      '[^1]: ',
      '[x]: ',
      ' "',
      '<!--',
      '-->',
      'javascript:',
      'data:text/html,',
      'https://',
      'www.',
      '@',
      '\t',
      '\r',
    ]
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...marks) },
      { weight: 3, arbitrary: fc.constantFrom(...corpus) },
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    )
    const words = fc.array(piece, { minLength: 1, maxLength: 60 })
    let turn = 0
    await fc.assert(
      fc.asyncProperty(words, async (pieces) => {
        turn += 1
        castellan.engine.answer = () => [
          ...pieces.map((text) => ({ type: 'text' as const, text })),
          { type: 'text', text: `\n\n\`\`\`\n~~~\n\nEnd of ${turn}.` },
          stop,
        ]
        await ask(`turn ${turn}`)
        await page.locator('.asked').getByText(`turn ${turn}`, { exact: true }).waitFor()
        await expect.poll(() => page.locator('.answer').last().textContent()).toContain(`End of ${turn}.`)
        expect(await harm(page)).toEqual([])
        expect(complaints).toEqual([])
      }),
      { numRuns: 40, endOnFailure: true },
    )
  })
})

/** Opens, one after the other, what somebody else's words name on this page, and looks at what comes. */
async function openWhatOpens(page: Page, look: (what: string) => Promise<void>): Promise<void> {
  const buttons = page.locator('main button:enabled').filter({ hasText: /breach/ })
  for (let nth = 0; nth < Math.min(await buttons.count(), MOST_OPENED); nth += 1) {
    await buttons
      .nth(nth)
      .click({ timeout: 5000 })
      .catch(() => undefined)
    await hasRead(page)
    await look(`thing ${nth}`)
    const dialog = page.getByRole('dialog')
    for (const close of await dialog.getByRole('button', { name: strings.ui.close }).all()) await close.click()
    await page.keyboard.press('Escape')
  }
}
