import { findCommand } from '@castellan/testing'
import { type Browser, chromium } from 'playwright-core'

/** `more` are further switches of Chromium. */
export function openBrowser(...more: readonly string[]): Promise<Browser> {
  const executablePath = findCommand('chromium') ?? 'chromium'
  // Chromium's own sandbox does not work for root.
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...more]
  return chromium.launch({ executablePath, args })
}
