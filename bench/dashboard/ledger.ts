import type { Browser, Page } from 'playwright-core'
import { ledger as words } from '../../packages/dashboard/src/strings/ledger.ts'
import type { Castellan } from '../../packages/dashboard/test/support/castellan.ts'
import type { Report } from '../../scripts/bench/report.ts'
import { clearProbe, framesOf, paints, startProbe } from './probe.ts'
import { cold, quantile, signIn } from './visit.ts'

const ENTRIES = 10_000
const AT_ONCE = 32
const ROUNDS = 10

/** What keys and clicks cost on a list of 10,000 real entries that the browser has all of. */
export async function reportLedger(browser: Browser, castellan: Castellan, report: Report): Promise<void> {
  await fill(castellan)
  const { page, context } = await cold(browser, await signIn(browser, castellan))
  await page.goto(`${castellan.url}/#/ledger`)
  const table = page.getByRole('region', { name: words.list })
  const rows = () =>
    table.evaluate((element) => Number(element.querySelector('[role=table]')?.getAttribute('aria-rowcount')))
  await table.waitFor()
  for (let before = 0; (await rows()) <= ENTRIES; ) {
    await table.evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await page.waitForFunction(
      (known) => Number(document.querySelector('.virtual [role=table]')?.getAttribute('aria-rowcount')) > known,
      before,
    )
    before = await rows()
  }
  await table.evaluate((element) => element.scrollTo(0, 0))
  await startProbe(page)
  const times = { scroll: [] as number[], open: [] as number[], filter: [] as number[] }
  for (let round = 0; round <= ROUNDS; round += 1) {
    const scrolled = await byKeys(page, async () => {
      await table.focus()
      return pressAll(page, [
        'End',
        'Home',
        'PageDown',
        'PageDown',
        'PageDown',
        'PageUp',
        'End',
        'PageUp',
        'PageUp',
        'Home',
      ])
    })
    const opened = await byKeys(page, async () => {
      await page.locator('.virtual-row a').nth(round).click()
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      return 2
    })
    // The first round warms up.
    if (round === 0) continue
    times.scroll.push(...scrolled)
    times.open.push(...opened)
  }
  await clearProbe(page)
  await page.mouse.move(700, 500)
  for (let turn = 0; turn < 200; turn += 1) await page.mouse.wheel(0, turn < 100 ? 900 : -900)
  const frames = await framesOf(page)
  for (let round = 0; round < ROUNDS; round += 1) {
    times.filter.push(
      ...(await byKeys(page, async () => {
        const search = page.getByRole('searchbox', { name: words.tool })
        await search.focus()
        const made = await pressAll(page, [...'time_status', ...Array.from('time_status', () => 'Backspace')])
        await table.waitFor()
        return made
      })),
    )
  }
  const all = [...times.scroll, ...times.open, ...times.filter]
  const name = `interaction to next paint with ${ENTRIES.toLocaleString('en-GB')} ledger rows`
  report({
    name: `${name}, 98th percentile of ${all.length}`,
    value: quantile(all, 0.98),
    unit: 'ms',
    goal: 'under 200 ms',
  })
  report({ name: `${name}, worst`, value: Math.max(...all), unit: 'ms', goal: 'under 200 ms' })
  for (const [what, values] of Object.entries(times))
    report({ name: `${name}, ${what}, 98th percentile`, value: quantile(values, 0.98), unit: 'ms' })
  report({ name: 'frames above 33 ms while the ledger scrolls', value: frames.over(33.4) * 100, unit: '%' })
  await context.close()
}

/** Real calls, two entries each: one that it is about to be made, one how it went. */
async function fill(castellan: Castellan): Promise<void> {
  for (let made = 0; made < ENTRIES / 2; made += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => castellan.call('time_status', {})))
  }
}

/** How long the keys and clicks of `work`, which answers how many they were, took to the next paint. */
async function byKeys(page: Page, work: () => Promise<number>): Promise<number[]> {
  await clearProbe(page)
  return paints(page, await work())
}

async function pressAll(page: Page, keys: readonly string[]): Promise<number> {
  for (const key of keys) await page.keyboard.press(key)
  return keys.length
}
