import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand, requires, temporaryFolder } from '@castellan/testing'
import { chromium } from 'playwright-core'
import { expect, vi } from 'vitest'
import { startGateway } from '../../gateway/test/support/gateway.ts'
import { bundle } from './support/bundle.ts'

/** What a page does with the SDK; the content security policy lets only files run. */
const PAGE = `
import { createClient } from './sdk.js'
window.talk = async (token) => {
  const castellan = createClient({ token })
  let words = ''
  for await (const frame of castellan.chat().ask('how full are my disks?')) if (frame.type === 'text') words += frame.text
  const refused = await createClient({ token: 'cst_' + 'A'.repeat(43) }).listTools().catch((error) => error.code)
  return [words, refused]
}`

// A real browser, on machines that may be busy with other things.
vi.setConfig({ testTimeout: 120_000 })

requires
  .browser()
  .test('in a browser: a chat over a socket whose token is a subprotocol, and a typed refusal', async () => {
    const pageDir = join(temporaryFolder(), 'page')
    mkdirSync(pageDir)
    writeFileSync(
      join(pageDir, 'index.html'),
      '<!doctype html><title>x</title><script type="module" src="/page.js"></script>',
    )
    writeFileSync(join(pageDir, 'page.js'), PAGE)
    writeFileSync(join(pageDir, 'sdk.js'), (await bundle()).code)
    const gateway = await startGateway({ config: { pageDir } })
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const browser = await chromium.launch({ executablePath: findCommand('chromium') ?? 'chromium', args })
    try {
      const page = await browser.newPage()
      await page.goto(gateway.url)
      await page.waitForFunction('window.talk !== undefined')
      const [words, refused] = await page.evaluate<string[]>(`window.talk(${JSON.stringify(gateway.token)})`)
      expect(words).toContain('disk_usage says')
      expect(refused).toBe('unauthorized')
    } finally {
      await browser.close()
    }
  })
