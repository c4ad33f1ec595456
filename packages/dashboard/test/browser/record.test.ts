import { readFileSync } from 'node:fs'
import { requires, until } from '@castellan/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { insights } from '../../src/strings/insights.ts'
import { memory } from '../../src/strings/memory.ts'
import { navigation } from '../../src/strings/navigation.ts'
import { strings } from '../../src/strings.ts'
import { openBrowser } from '../support/browser.ts'
import { type Castellan, startCastellan } from '../support/castellan.ts'
import { corpus } from '../support/corpus.ts'
import { callFor, say } from '../support/engine.ts'
import { tooWide, violations } from '../support/look.ts'
import { type Outside, startOutside, streamOf } from '../support/outside.ts'
import { hasRead } from '../support/pages.ts'
import { signedIn } from '../support/visit.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const SECRET = 'sk-proj-PLANTED-5ecre7-V4LUE-abcdefgh'

requires.browser().describe('the pages about what left and what is remembered', () => {
  let castellan: Castellan
  let outside: Outside
  let browser: Browser

  beforeAll(async () => {
    castellan = await startCastellan()
    outside = await startOutside(castellan)
    browser = await openBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await outside?.stop()
    await castellan?.stop()
  })

  async function open(place: string, options?: Parameters<typeof signedIn>[2]) {
    const guest = await signedIn(browser, castellan, options)
    await guest.page.exposeFunction('breach', () => guest.complaints.push('ran'))
    await go(guest.page, place)
    return guest
  }

  async function go(page: Page, place: string) {
    await page.goto(`${castellan.url}/#/${place}`)
    const { title } = place.startsWith('memory') ? navigation.memory : navigation.insights
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
    await hasRead(page)
  }

  /** One question to an agent that thinks elsewhere, answered. */
  async function askFar(text: string, chat = 'far'): Promise<void> {
    await castellan.api('POST', `/api/v1/chats/${chat}/turns`, { text, agent: 'far' })
  }

  /** What somebody else's machine was sent, as the airlock puts it on record. */
  async function recordLeft(host: string, bytes: number): Promise<void> {
    const about = {
      purpose: 'engine.anthropic',
      destination: 'dst_elsewhere',
      method: 'POST',
      scheme: 'https',
      port: 443,
    }
    await castellan.record({ type: 'egress_request', ...about, host, bytes } as Parameters<Castellan['record']>[0])
  }

  describe('what left', () => {
    test('is nothing as long as nobody allowed anything, and the page says so', async () => {
      const { page, complaints } = await open('insights')
      const state = page.getByRole('region', { name: insights.nothing.title })
      await state.getByText(insights.nothing.lead).waitFor()
      await state.getByText(insights.nothing.command).waitFor()
      await expect.poll(() => page.getByRole('table').count()).toBe(0)
      expect(await violations(page)).toEqual([])
      expect(complaints).toEqual([])
    })

    test('is shown byte for byte, with what came back, whoever paid, and where it stands in the ledger', async () => {
      await castellan.api('POST', '/api/v1/credentials', {
        ...{ provider: 'openai', label: 'work', secret: SECRET, base_url: outside.baseUrl },
      })
      const engine = { engine: 'openai', model: 'far-1', prices: { input: 3, output: 15 }, context_tokens: 32_000 }
      await castellan.api('PUT', '/api/v1/agents/far', { prompt: 'You keep a server.', engine })
      const { page, complaints } = await open('insights')
      await askFar('Größe? Write to jane.doe@example.org.')
      // It comes into the list by itself.
      const row = page.getByRole('row').filter({ hasText: 'far-1' })
      await row.getByText('412 → 96').waitFor()
      await row.getByText('$0.0027').waitFor()
      await row.getByText('work', { exact: true }).waitFor()
      // The provider is on this machine here: nothing left it, and the page does not say otherwise.
      await page.getByRole('region', { name: insights.nothing.title }).waitFor()

      await row.getByRole('link').click()
      const drawer = page.getByRole('dialog')
      await drawer.getByText(insights.one.fate.near(outside.host)).waitFor()
      await drawer.getByText(insights.one.takenOut(['email'])).waitFor()
      await drawer.getByText(insights.one.askedThere('Größe? Write to jane.doe@example.org.')).waitFor()
      await drawer.getByText('POST /v1/chat/completions HTTP/1.1').waitFor()
      await drawer.getByText('authorization: Bearer [secret]').waitFor()
      const sent = drawer.getByRole('region', { name: insights.one.sent, exact: true }).first()
      await sent.getByRole('button', { name: insights.body.way.raw }).click()
      const [asked] = outside.asked
      expect(asked?.headers.authorization).toBe(`Bearer ${SECRET}`)
      expect(asked?.body).toContain('Write to [redacted].')
      expect(await sent.locator('.body-text pre').textContent()).toBe(asked?.body)
      await sent.getByRole('button', { name: insights.body.way.hex }).click()
      await sent.getByText(/^00000000 {2}7b 22/).waitFor()
      const download = page.waitForEvent('download')
      await sent.getByRole('button', { name: insights.one.save }).click()
      const file = await (await download).path()
      expect(readFileSync(file, 'utf8')).toBe(
        `POST /v1/chat/completions HTTP/1.1\n${Object.entries(asked?.headers ?? {})
          .map(([name, value]) => `${name}: ${name === 'authorization' ? 'Bearer [secret]' : value}`)
          .join('\n')}\n\n${asked?.body}`,
      )

      const came = drawer.getByRole('region', { name: insights.one.came, exact: true }).first()
      await came.getByText('HTTP 200').waitFor()
      await expect.poll(() => came.getByRole('listitem').count()).toBe(5)
      await came.getByText('[DONE]').waitFor()
      expect(await violations(page)).toEqual([])
      expect(await page.content()).not.toContain(SECRET)

      await drawer.getByRole('link', { name: insights.one.entry(0).split(' ')[0] }).click()
      await page.getByRole('dialog').getByText('egress_request').waitFor()
      expect(complaints).toEqual([])
    })

    test('is summed by day and host, and what was refused on the way out is shown as well', async () => {
      await recordLeft('api.far.example', 41_000)
      await recordLeft('api.far.example', 1_000)
      await recordLeft('other.example', 8_000)
      await castellan.call('web_fetch', { url: 'https://nowhere.example/secret' }).catch(() => undefined)
      const { page, complaints } = await open('insights')
      const out = page.getByRole('region', { name: insights.out.title(30) })
      await out.getByRole('img', { name: insights.out.plot('50 kB', 30, 2) }).waitFor()
      await out.getByText(insights.out.sum('42 kB', 2)).waitFor()
      // What leaves while one looks is there at once.
      await recordLeft('third.example', 5_000)
      await out.getByText('third.example').waitFor()

      await page.getByRole('button', { name: insights.views.all }).click()
      await page.getByRole('row').filter({ hasText: 'other.example' }).getByText('8 kB').waitFor()
      await page.getByRole('row').filter({ hasText: 'localhost' }).getByText(insights.traffic.here).first().waitFor()
      await page.getByRole('button', { name: insights.views.refused }).click()
      const refused = page.getByRole('row').filter({ hasText: 'nowhere.example' })
      await refused.getByText(insights.refused.codes.egress_denied ?? '').waitFor()
      expect(complaints).toEqual([])
    })

    test('says so where a question was kept here', async () => {
      await askFar('My card is 4111 1111 1111 1111.', 'kept')
      const { page } = await open('insights?chat_id=kept')
      const row = page.getByRole('row').filter({ hasText: 'far-1' })
      await row.getByText(insights.fate.held).waitFor()
      await row.getByRole('link').click()
      const drawer = page.getByRole('dialog')
      await drawer.getByText(insights.one.fate.held(outside.host)).waitFor()
      await drawer.getByRole('heading', { name: insights.one.kept }).waitFor()
    })

    test('is found by its words', async () => {
      await askFar('What about the zebra?', 'zoo')
      const { page } = await open('insights')
      await page.getByLabel(insights.filters.q).fill('zebra')
      await expect.poll(() => page.getByRole('row').filter({ hasText: 'far-1' }).count()).toBe(1)
      await page.getByRole('row').filter({ hasText: 'zoo' }).waitFor()
      await page.getByLabel(insights.filters.q).fill('xylophone')
      await page.getByText(insights.exchanges.noneFits).waitFor()
    })

    test('cannot break out of the page, whatever a provider answers', async () => {
      const before = outside.answer
      outside.answer = { ...before, pieces: streamOf(...corpus) }
      await askFar('Say it.', 'hostile')
      outside.answer = { status: 418, type: 'text/html', pieces: corpus }
      await askFar('Say it again.', 'hostile')
      outside.answer = before
      const { page, complaints } = await open('insights?chat_id=hostile')
      const drawer = page.getByRole('dialog')
      for (const row of [1, 0]) {
        await page.getByRole('row').filter({ hasText: 'far-1' }).nth(row).getByRole('link').click()
        const came = drawer.getByRole('region', { name: insights.one.came, exact: true }).first()
        for (const way of [insights.body.way.hex, insights.body.way.raw]) {
          await came.getByRole('button', { name: way }).click()
          await came.getByRole('group', { name: insights.one.came }).locator('pre').waitFor()
        }
        expect(await came.locator('pre').last().textContent()).toContain('onerror=breach()')
        await page.keyboard.press('Escape')
        await drawer.waitFor({ state: 'detached' })
      }
      expect(complaints).toEqual([])
    })

    for (const colorScheme of ['light', 'dark'] as const) {
      test(`has no accessibility violation in ${colorScheme} and fits into 360 pixels`, async () => {
        const { page } = await open('insights', { colorScheme, viewport: { width: 360, height: 740 } })
        await page.getByRole('row').filter({ hasText: 'localhost' }).first().waitFor()
        expect(await violations(page)).toEqual([])
        expect(await tooWide(page)).toEqual([])
        await page.getByRole('row').filter({ hasText: 'localhost' }).first().getByRole('link').click()
        await page.getByRole('dialog').getByText(insights.one.came).first().waitFor()
        expect(await violations(page)).toEqual([])
        for (const view of ['all', 'refused']) {
          await go(page, `insights?view=${view}`)
          await page.getByRole('table').waitFor()
          expect(await violations(page)).toEqual([])
          expect(await tooWide(page)).toEqual([])
        }
      })
    }

    test('is deleted for good after saying what stays, and that is on record', async () => {
      const { page, complaints } = await open('insights')
      await page.getByRole('row').filter({ hasText: 'far-1' }).first().waitFor()
      await page.getByRole('button', { name: insights.remove.open }).click()
      const dialog = page.getByRole('dialog')
      for (const effect of insights.remove.effects) await dialog.getByText(effect).waitFor()
      await dialog.getByText(insights.remove.undo).waitFor()
      expect(await violations(page)).toEqual([])
      await dialog.getByRole('button', { name: insights.remove.act }).click()
      await page.getByText(insights.exchanges.none).waitFor()
      const { items } = (await castellan.api('GET', '/api/v1/ledger/entries?type=insights_deleted')) as {
        items: unknown[]
      }
      expect(items).toHaveLength(1)
      // That it left stays.
      await page.getByRole('region', { name: insights.out.title(30) }).waitFor()
      expect(complaints).toEqual([])
    })
  })

  describe('what is remembered', () => {
    test('is nothing at first; then something is added, found, corrected and forgotten', async () => {
      const { page, complaints } = await open('memory')
      await page.getByText(memory.nothing, { exact: true }).waitFor()
      expect(await violations(page)).toEqual([])
      await page.getByRole('button', { name: memory.add }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText(memory.form.noText).waitFor()
      await dialog.getByLabel(memory.form.text, { exact: true }).fill('The NAS is in the attic.')
      await dialog.getByLabel(memory.form.tags, { exact: true }).fill('nas attic')
      await dialog.getByLabel(memory.form.sure, { exact: true }).fill('75')
      expect(await violations(page)).toEqual([])
      await dialog.getByRole('button', { name: memory.form.add }).click()
      await agree(page)
      const row = page.getByRole('row').filter({ hasText: 'The NAS is in the attic.' })
      await row.getByText('75 %').waitFor()
      await castellan.call('memory_store', { text: 'Bread rises at six.', source: 'a recipe', tags: [] })
      await page.getByRole('row').filter({ hasText: 'Bread rises' }).waitFor()

      await page.getByLabel(memory.search.words).fill('recipe bread')
      await row.waitFor({ state: 'detached' })
      await page.getByRole('row').filter({ hasText: 'Bread rises' }).waitFor()
      await page.getByLabel(memory.search.about).fill('where is the nas')
      await page.getByText(/best first/).waitFor()
      await row.waitFor()

      await row.getByRole('link').click()
      await page.getByRole('dialog').getByRole('button', { name: memory.edit }).click()
      const form = page.getByRole('dialog', { name: /Correct fact/ })
      await form.getByLabel(memory.form.text, { exact: true }).fill('The NAS is in the cellar.')
      await form.getByRole('button', { name: memory.form.edit }).click()
      await agree(page)
      await page.getByRole('dialog').getByText('The NAS is in the cellar.').first().waitFor()
      const { items } = (await castellan.api('GET', '/api/v1/memory')) as { items: Record<string, unknown>[] }
      expect(items.find(({ text }) => text === 'The NAS is in the cellar.')).toMatchObject({
        ...{ confidence: 0.75, tags: ['nas', 'attic'], expires_at: null },
      })

      await page.getByRole('dialog').getByRole('button', { name: memory.forget.open }).click()
      const question = page.getByRole('dialog', { name: /Forget fact/ })
      for (const effect of memory.forget.effects) await question.getByText(effect).waitFor()
      await question.getByText(memory.forget.undo).waitFor()
      await question.getByRole('button', { name: memory.forget.act }).click()
      await agree(page)
      await go(page, 'memory')
      await page.getByRole('row').filter({ hasText: 'Bread rises' }).waitFor()
      await expect.poll(() => page.getByRole('row').filter({ hasText: 'NAS' }).count()).toBe(0)
      expect(complaints).toEqual([])
    })

    test('is saved as a file of JSON', async () => {
      await castellan.call('memory_store', { text: 'Größe: 42 m²', source: 'the owner', tags: ['house'] })
      const { page } = await open('memory')
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: memory.exportAll }).click()
      const saved = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as unknown[]
      expect(saved).toContainEqual(expect.objectContaining({ text: 'Größe: 42 m²', tags: ['house'] }))
    })

    test('is marked where it came from words of strangers', async () => {
      let asked = 0
      castellan.engine.answer = () => {
        asked += 1
        if (asked === 1) return callFor('web_fetch', { url: `http://${outside.host}/lamp` })
        if (asked === 2) return callFor('memory_store', { text: 'The lamp is green.', source: 'a page', tags: [] })
        return say('Done.')
      }
      const turn = castellan.api('POST', '/api/v1/chats/tainted/turns', {
        text: 'Remember what the page says.',
        wait_s: 120,
      })
      let over = false
      void turn.finally(() => {
        over = true
      })
      await until('the turn is over', async () => {
        const { items } = (await castellan.api('GET', '/api/v1/approvals')) as { items: { state: string }[] }
        if (items.some(({ state }) => state === 'pending')) await castellan.decide('approve')
        return over || undefined
      })
      await turn
      const { page } = await open('memory')
      const row = page.getByRole('row').filter({ hasText: 'The lamp is green.' })
      await row.getByText(memory.labels['untrusted-text'] ?? '').waitFor()
      await row.getByRole('link').click()
      await page
        .getByRole('dialog')
        .getByText(memory.labelAbout['untrusted-text'] ?? '')
        .waitFor()
      expect(await violations(page)).toEqual([])
    })

    test('says in which chats it was recalled', async () => {
      await castellan.call('memory_store', { text: 'The zeppelin is in the garden.', source: 'the owner', tags: [] })
      await askFar('Where is the zeppelin?', 'recalling')
      const { page } = await open('memory')
      await page.getByRole('row').filter({ hasText: 'zeppelin' }).getByRole('link').click()
      await page.getByRole('button', { name: memory.recalls.look }).click()
      const recalls = page.getByRole('region', { name: memory.recalls.title })
      await recalls.getByRole('link', { name: 'recalling' }).waitFor()
      await recalls.getByText(memory.recalls.about('Where is the zeppelin?')).waitFor()
    })

    test('cannot break out of the page, whatever was remembered', async () => {
      for (const text of corpus.filter((one) => !one.includes('\u0000'))) {
        await castellan.call('memory_store', { text: `${text} hostile`, source: text, tags: [] })
      }
      const { page, complaints } = await open('memory?words=hostile')
      const rows = page.getByRole('row').filter({ hasText: 'hostile' })
      await rows.first().waitFor()
      for (const at of [0, 3, 6]) {
        await rows.nth(at).getByRole('link').click()
        await page.getByRole('dialog').getByRole('button', { name: memory.edit }).waitFor()
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
      await page.getByRole('region', { name: memory.list }).evaluate((list) => list.scrollTo(0, list.scrollHeight))
      await rows.last().waitFor()
      expect(complaints).toEqual([])
    })

    for (const colorScheme of ['light', 'dark'] as const) {
      test(`has no accessibility violation in ${colorScheme} and fits into 360 pixels`, async () => {
        const { page } = await open('memory', { colorScheme, viewport: { width: 360, height: 740 } })
        await page.getByRole('row').nth(1).waitFor()
        expect(await violations(page)).toEqual([])
        expect(await tooWide(page)).toEqual([])
        await page.getByRole('row').nth(1).getByRole('link').click()
        await page.getByRole('dialog').getByRole('button', { name: memory.edit }).click()
        await page
          .getByRole('dialog', { name: /Correct fact/ })
          .getByRole('textbox')
          .first()
          .waitFor()
        expect(await violations(page)).toEqual([])
        expect(await tooWide(page)).toEqual([])
      })
    }
  })
})

/** Says yes to the call, where policy wants a person asked, and waits until the act is told of. */
async function agree(page: Page): Promise<void> {
  const approval = page.getByRole('region', { name: strings.approval.title })
  const told = page.locator('.toast')
  await approval.or(told).first().waitFor()
  if (await approval.isVisible()) await approval.getByRole('button', { name: strings.approval.approve }).click()
  await told.first().waitFor()
  expect(await page.locator('.toast.bad').count()).toBe(0)
  // Put away, so that the next act is not taken for told.
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLElement>('.toast button')) button.click()
  })
}
