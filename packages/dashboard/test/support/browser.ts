import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findCommand } from '@castellan/testing'
import { type Browser, chromium } from 'playwright-core'
import { build } from 'vite'

const DASHBOARD = fileURLToPath(new URL('../..', import.meta.url))

/** Builds the page as it will be served, so that tests see its policy, its names and its minified code. */
export async function buildPage(): Promise<void> {
  await build({ root: DASHBOARD, configFile: `${DASHBOARD}vite.config.ts`, logLevel: 'error' })
  if (!existsSync(`${DASHBOARD}dist/index.html`)) throw new Error('the build made no page')
}

export function openBrowser(): Promise<Browser> {
  const executablePath = findCommand('chromium') ?? 'chromium'
  // Chromium's own sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args })
}
