import type { Browser, Page } from 'playwright-core'
import type { Castellan } from '../../packages/dashboard/test/support/castellan.ts'
import type { Report } from '../../scripts/bench/report.ts'
import { cold, quantile, signIn } from './visit.ts'

const LOADS = 20

interface Load {
  /** Milliseconds from the start of the navigation. */
  readonly painted: number
  readonly usable: number
  /** Compressed, as they came. */
  readonly bytes: number
}

/** Opening the page with nothing in the cache, signed in: until something is drawn, and until one can ask and is answered. */
export async function reportFirstLoad(browser: Browser, castellan: Castellan, report: Report): Promise<void> {
  const state = await signIn(browser, castellan)
  const loads: Load[] = []
  for (let load = 0; load < LOADS; load += 1) {
    const { page, context } = await cold(browser, state)
    loads.push(await loadOnce(page, castellan.url))
    await context.close()
  }
  const goal = 'under 1,000 ms'
  const painted = loads.map((load) => load.painted)
  const usable = loads.map((load) => load.usable)
  report({ name: 'cold load to first contentful paint, median', value: quantile(painted, 0.5), unit: 'ms', goal })
  report({ name: 'cold load to a chat that can be used, median', value: quantile(usable, 0.5), unit: 'ms', goal })
  report({ name: `cold load to a chat that can be used, worst of ${LOADS}`, value: Math.max(...usable), unit: 'ms' })
  report({
    name: 'fetched by a cold load',
    value:
      quantile(
        loads.map(({ bytes }) => bytes),
        0.5,
      ) / 1000,
    unit: 'kB',
  })
}

async function loadOnce(page: Page, url: string): Promise<Load> {
  await page.addInitScript(() => {
    const look = () => {
      const listens = document.querySelector('main textarea') !== null
      const ready = [...document.querySelectorAll('.shell *')].some(
        ({ textContent }) => textContent?.trim() === 'Ready',
      )
      if (listens && ready) Object.assign(window, { usableAt: performance.now() })
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  await page.goto(url)
  await page.waitForFunction(() => 'usableAt' in window)
  return page.evaluate(() => {
    const [painted] = performance.getEntriesByName('first-contentful-paint')
    const fetched = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    const [document] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    const bytes = [...fetched, document].reduce((sum, entry) => sum + (entry?.transferSize ?? 0), 0)
    const { usableAt } = window as unknown as { usableAt: number }
    return { painted: painted?.startTime ?? Number.NaN, usable: usableAt, bytes }
  })
}
