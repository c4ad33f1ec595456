import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { pages } from '../../src/shell/pages.ts'
import type { Castellan } from './castellan.ts'

/** Every page that the navigation leads to; tests that hold for all of them go through these. */
export const pageNames: readonly string[] = pages.map(({ name }) => name)

/** Goes to a page of a browser that is signed in, and waits until it has read what it shows. `place` is a path or filters in it. */
export async function openPage(page: Page, castellan: Pick<Castellan, 'url'>, name: string, place = ''): Promise<void> {
  await page.goto(`${castellan.url}/#/${name}${place}`)
  await page.locator(`.page-link[href="#/${name}"][aria-current=page]`).first().waitFor({ state: 'attached' })
  await hasRead(page)
}

/** Waits until nothing on the page is on its way any more. */
export async function hasRead(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor({ state: 'attached' })
  await expect.poll(() => page.locator('.state.loading').count(), { timeout: 60_000 }).toBe(0)
}
