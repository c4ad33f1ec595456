import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal, root } from './root.mjs'

const dashboard = join(root, 'packages', 'dashboard')
const stampFile = join(dashboard, 'dist', '.built-from')
/** What the built page depends on. */
const sources = ['packages/dashboard', 'packages/contracts/src', 'package-lock.json']

/** Builds the page if its sources are not those it was built from. */
export function ensurePage(node, say) {
  const current = sourceHash()
  if (readIfPresent(stampFile) === current) return
  say('Building the page.')
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const build = spawnSync(node, ['--conditions=source', vite, 'build', '--logLevel', 'warn'], {
    cwd: dashboard,
    stdio: ['ignore', 2, 2],
  })
  if (build.status !== 0) throw new Refusal('The page could not be built; the messages above say why.')
  writeFileSync(stampFile, current)
}

function sourceHash() {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const file of filesUnder(source)) hash.update(`${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  if (path.endsWith('.json')) return [path]
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter(({ name }) => !['dist', 'test', 'node_modules', '.vite'].includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(`${path}/${entry.name}`) : [`${path}/${entry.name}`]))
}

function readIfPresent(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
