import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Report } from '../../scripts/bench/report.ts'

/** What all script of the page weighs, and what of it is fetched before anything can be drawn. */
export function reportSize(folder: string, report: Report): void {
  const html = readFileSync(join(folder, 'index.html'), 'utf8')
  const scripts = readdirSync(join(folder, 'assets')).filter((name) => name.endsWith('.js'))
  const kilobytes = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, 'assets', name))).length, 0) / 1000
  const first = scripts.filter((name) => html.includes(name))
  report({ name: 'script before the first page, compressed', value: kilobytes(first), unit: 'kB', goal: 'under 60 kB' })
  report({ name: 'script of all pages, compressed', value: kilobytes(scripts), unit: 'kB', goal: 'under 200 kB' })
}
