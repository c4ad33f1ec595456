// Takes the pictures of the README: `node --conditions=source packages/dashboard/scripts/screenshots.ts [PAGE…]`. Starts all of Castellan
// with the built-in model, has some work done in it for real, and writes each page at three widths, light and dark, to docs/images/.
// The state folder shows in the pictures, so it is one that says nothing about this machine; it must not be there yet.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../test/support/browser.ts'
import { startWhole, type WholeCastellan } from '../test/support/whole.ts'
import { makeHistory } from './screenshots/history.ts'
import { toPalette } from './screenshots/palette-png.ts'

const STATE = '/var/lib/castellan'
const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url))
const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
]
const PAGES = ['chat', 'overview', 'approvals', 'ledger', 'security', 'policy']

const wanted = process.argv.slice(2)
if (existsSync(STATE)) throw new Error(`${STATE} is there already; the pictures are taken of a fresh one.`)
mkdirSync(STATE, { mode: 0o700 })
mkdirSync(IMAGES, { recursive: true })
const castellan = await startWhole(STATE)
const browser = await openBrowser()
try {
  const first = await signedIn(browser, castellan, 'light')
  await makeHistory(first, castellan)
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await signedIn(browser, castellan, colorScheme)
    for (const name of wanted.length === 0 ? PAGES : wanted) await takePictures(page, name, colorScheme)
    await page.context().close()
  }
} finally {
  await browser.close()
  await castellan.stop()
  rmSync(STATE, { recursive: true })
}

async function signedIn(browser: Browser, castellan: WholeCastellan, colorScheme: 'light' | 'dark'): Promise<Page> {
  const context = await browser.newContext({ colorScheme, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(`${castellan.url}/#code=${await castellan.signInCode()}`)
  await page.getByText('Ready', { exact: true }).waitFor({ timeout: 60_000 })
  return page
}

async function takePictures(page: Page, name: string, theme: string): Promise<void> {
  const { origin } = new URL(page.url())
  for (const size of SIZES) {
    await page.setViewportSize(size)
    await page.goto(`${origin}/#/${name}`)
    await hasRead(page)
    await page.mouse.move(0, 0)
    const png = toPalette(await page.screenshot({ animations: 'disabled', caret: 'hide' }))
    writeFileSync(join(IMAGES, `${name}-${size.width}-${theme}.png`), png)
    process.stdout.write(`${name}-${size.width}-${theme}.png ${Math.round(png.length / 1000)} kB\n`)
  }
}

/** Waits until nothing is on its way any more, and what draws itself has done so. */
async function hasRead(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor({ state: 'attached' })
  await page.waitForFunction(() => document.querySelector('.state.loading, .toast') === null)
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}
