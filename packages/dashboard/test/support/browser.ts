import { findCommand } from '@castellan/testing'
import { type Browser, chromium } from 'playwright-core'

export function openBrowser(): Promise<Browser> {
  const executablePath = findCommand('chromium') ?? 'chromium'
  // Chromium's own sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args })
}
