import { requires } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { callFor, say, stop } from '../support/engine.ts'
import { tooWide, violations } from '../support/look.ts'
import { openPage, pageNames } from '../support/pages.ts'
import { signedIn, type Visit, visit } from '../support/visit.ts'

const MARKDOWN = [
  '## What I found\n\nThree **disks**, see [the manual](https://example.org/disks) and `df`.\n',
  '\n| disk | full |\n|---|---|\n| / | 25 % |\n',
  '\n```sh\ndf --human-readable --output=source,size,used,avail,pcent,target --exclude-type=tmpfs --exclude-type=devtmpfs\n```\n',
  '\n- [x] looked\n- [ ] bought\n\n> and so on\n\n1. one\n2. two\n',
  `\n${'averyverylongwordwithoutanyplacetobreakit'.repeat(8)}`,
]

// Real processes and a real browser, on machines that may be busy with other things.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

requires.browser().describe('every state of the page', () => {
  let castellan: Castellan
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan()
    browser = await openBrowser()
    castellan.engine.answer = ({ messages }) => {
      const last = messages.at(-1)
      if (last?.role === 'tool') return say(last.summary)
      const text = last?.role === 'user' ? last.text : ''
      if (text.includes('health')) return callFor('system_health')
      if (text.includes('processes')) return callFor('process_list', { limit: 5 })
      if (text.includes('note'))
        return callFor('file_write', { path: `${'deep/'.repeat(30)}n.txt`, content: 'x '.repeat(900) })
      if (text.includes('unsure')) {
        return [
          { type: 'choices', choices: [{ name: 'disk_usage', args: {}, confidence: 0.4, label: 'See the disks' }] },
          stop,
        ]
      }
      return say(...MARKDOWN)
    }
  })

  afterAll(async () => {
    await browser?.close()
    await castellan?.stop()
  })

  /** Walks through every state, and calls `look` in each. */
  async function walk(look: (state: string, page: Page) => Promise<void>, options: Parameters<typeof visit>[2]) {
    const guest = await visit(browser, castellan, options)
    await guest.page.goto(castellan.url)
    await guest.page.getByRole('textbox', { name: 'Sign-in code' }).fill('AAAAA')
    await guest.page.keyboard.press('Enter')
    await guest.page.getByText(strings.signIn.wrongCode).waitFor()
    await look('sign-in refused', guest.page)

    const invited = await visit(browser, castellan, options)
    await invited.page.goto(`${castellan.namedUrl}/#code=${await castellan.invitation('Ann', 'Ann')}&choose`)
    await invited.page.getByRole('button', { name: strings.signIn.withPasskey }).waitFor()
    await look('sign-in with a passkey', invited.page)

    await castellan.emptyChat()
    const { page, ask } = await signedIn(browser, castellan, options)
    await page.getByRole('heading', { name: strings.chat.emptyTitle }).waitFor()
    await look('empty chat', page)
    await page.keyboard.type('/')
    await page.getByRole('listbox').waitFor()
    await look('commands', page)
    await settled({ page, ask }, 'how is your health?')
    await look('figures', page)
    await settled({ page, ask }, 'list the processes')
    await look('table', page)
    await settled({ page, ask }, 'markdown')
    await look('markdown', page)
    await settled({ page, ask }, '/call file_read {"path":"nowhere"}')
    await settled({ page, ask }, '/nonsense')
    await look('failures', page)
    await settled({ page, ask }, 'unsure')
    await look('suggestions', page)
    await ask('write a note')
    const approval = page.getByRole('region', { name: strings.approval.title })
    await approval.focus()
    await look('approval', page)
    await approval.getByRole('button', { name: strings.approval.always }).click()
    await look('always', page)
    await approval.focus()
    await page.keyboard.press('d')
    await page
      .getByText(/^Denied by/)
      .last()
      .waitFor()
    await look('denied', page)
    await castellan.emptyChat()
    await castellan.restartGateway()
    await page.getByText(strings.chat.restarted).waitFor()
    await look('restarted', page)
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no accessibility violation in ${colorScheme}`, async () => {
      await walk(
        async (state, page) => {
          expect(await violations(page), state).toEqual([])
        },
        { colorScheme },
      )
    })
  }

  /** Every page of the navigation, with things to show: acts, a failure, a question that waits. */
  async function eachPage(
    options: Parameters<typeof visit>[2],
    look: (name: string, page: Page) => Promise<void>,
  ): Promise<void> {
    await castellan.emptyChat()
    await castellan.decide('deny').catch(() => undefined)
    const { page, ask } = await signedIn(browser, castellan, options)
    await settled({ page, ask }, 'how is your health?')
    await settled({ page, ask }, '/call file_read {"path":"nowhere"}')
    await ask('write a note')
    await page.getByRole('region', { name: strings.approval.title }).waitFor()
    for (const name of pageNames) {
      await openPage(page, castellan, name)
      await look(name, page)
    }
    await castellan.decide('deny')
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      test(`no page has an accessibility violation in ${colorScheme} at ${width} pixels`, async () => {
        await eachPage({ colorScheme, viewport: { width, height: 800 } }, async (name, page) => {
          expect(await violations(page), name).toEqual([])
          expect(await tooWide(page), name).toEqual([])
        })
      })
    }
  }

  test.each([768, 1920, 3840])('every page fits into %d pixels', async (width) => {
    await eachPage({ viewport: { width, height: Math.round((width * 9) / 16) } }, async (name, page) => {
      expect(await tooWide(page), name).toEqual([])
    })
  })

  test('fits into 360 pixels without scrolling sideways', async () => {
    await walk(
      async (state, page) => {
        expect(await tooWide(page), state).toEqual([])
      },
      { viewport: { width: 360, height: 740 } },
    )
  })
})

/** Asks, and waits for the end of the turn. */
async function settled({ page, ask }: Pick<Visit, 'page' | 'ask'>, text: string): Promise<void> {
  await ask(text)
  await page.locator('.asked').getByText(text, { exact: true }).waitFor()
  await page.locator('.status-line .spinner').waitFor({ state: 'detached' })
}
