import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Castellan } from '../../packages/dashboard/test/support/castellan.ts'

export type SignedIn = Awaited<ReturnType<BrowserContext['storageState']>>

const viewport = { width: 1280, height: 800 }

/** Signs a browser in; what it answers opens the page in another one. */
export async function signIn(browser: Browser, castellan: Castellan): Promise<SignedIn> {
  const context = await browser.newContext({ viewport })
  const page = await context.newPage()
  await page.goto(`${castellan.url}/#code=${await castellan.signInCode()}`)
  await page.getByText('Ready', { exact: true }).waitFor()
  const state = await context.storageState()
  await context.close()
  return state
}

/** A browser that is signed in and has nothing in its cache. */
export async function cold(browser: Browser, storageState: SignedIn): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ viewport, storageState })
  context.setDefaultTimeout(120_000)
  return { page: await context.newPage(), context }
}

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
