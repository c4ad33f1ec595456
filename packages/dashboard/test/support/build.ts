import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const DASHBOARD = fileURLToPath(new URL('../..', import.meta.url))

/** Builds the page as it will be served, so that tests see its policy, its names and its minified code. */
export async function buildPage(outDir: string): Promise<void> {
  const configFile = `${DASHBOARD}vite.config.ts`
  await build({ root: DASHBOARD, configFile, logLevel: 'error', build: { outDir } })
}
