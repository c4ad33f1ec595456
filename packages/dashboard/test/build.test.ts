import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { buildPage } from './support/build.ts'

test('the built page is small, named after its content, and has nothing inline', async () => {
  const outDir = temporaryFolder()
  await buildPage(outDir)
  const assets = readdirSync(join(outDir, 'assets'))
  for (const name of assets) expect(name).toMatch(/-[\w-]{8}\.(css|js)$/)
  const html = readFileSync(join(outDir, 'index.html'), 'utf8')
  const script = (name: string) => readFileSync(join(outDir, 'assets', name))
  const packed = (names: readonly string[]) => names.reduce((sum, name) => sum + gzipSync(script(name)).length, 0)
  const scripts = assets.filter((name) => name.endsWith('.js'))
  // What is fetched before anything can be drawn, and all there is.
  expect(packed(scripts.filter((name) => html.includes(name)))).toBeLessThan(60_000)
  expect(packed(scripts)).toBeLessThan(200_000)

  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i)
  expect(html.match(/<script[^>]*>[^<]*/g)).toEqual([
    expect.stringMatching(/^<script type="module" blocking="render" crossorigin src="\/assets\/[^"]+">\s*$/),
  ])
  // Everything comes from the gateway itself.
  expect(html + scripts.map((name) => script(name)).join()).not.toMatch(/(?:src|href)=["']?(?:https?:)?\/\//)
})
