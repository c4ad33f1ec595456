// `npm run lock` brings package-lock.json in step with the manifests; `--check` only says whether it is.
//
// Two things are ours and not npm's. Binaries that no machine should get by default are kept out by an `os` that no machine
// has: the engine's GPU builds (600 MB, see gpu/) and other platforms' builds that npm would install needlessly. And every
// optional dependency has an entry, also where the registry in use does not carry that platform: `npm ci` insists on it.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/** What the lockfile says instead of what the package says. The integrity stays, so what is installed is still pinned. */
const overrides = {
  'node_modules/@node-llama-cpp/linux-x64-cuda': { os: ['none'] },
  'node_modules/@node-llama-cpp/linux-x64-cuda-ext': { os: ['none'] },
  'node_modules/@node-llama-cpp/linux-x64-vulkan': { os: ['none'] },
  'node_modules/@node-llama-cpp/linux-armv7l': { os: ['none'] },
  'node_modules/@node-llama-cpp/linux-arm64': { cpu: ['arm64'] },
}

const check = process.argv.includes('--check')
if (!check) {
  const npm = spawnSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--loglevel=error'], {
    stdio: 'inherit',
  })
  if (npm.status !== 0) process.exit(npm.status ?? 1)
}

const file = 'package-lock.json'
const before = readFileSync(file, 'utf8')
const lock = JSON.parse(before)
const changes = [...addMissing(lock.packages), ...applyOverrides(lock.packages), ...dropAddresses(lock.packages)]
if (check) {
  for (const change of changes) console.error(change)
  if (changes.length > 0) console.error('package-lock.json is out of step. Run: npm run lock')
  process.exit(changes.length > 0 ? 1 : 0)
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(changes.length === 0 ? 'package-lock.json is in step.' : changes.join('\n'))

/** An entry for every optional dependency that has none; such a package cannot be installed, and need not be. */
function addMissing(packages) {
  const changes = []
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (resolve(packages, path, name) !== undefined) continue
      packages[`node_modules/${name}`] = { version: range.replace(/^[~^]/, ''), optional: true, os: ['none'] }
      changes.push(`${name} ${range} has an entry, as a platform nobody has here`)
    }
  }
  return changes
}

/** Node's walk up the folders: the entry that `name` means for the package at `path`. */
function resolve(packages, path, name) {
  for (let folder = path; ; folder = parent(folder)) {
    const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (candidate in packages) return candidate
    if (folder === '') return undefined
  }
}

function parent(path) {
  const cut = path.lastIndexOf('/node_modules/')
  return cut === -1 ? '' : path.slice(0, cut)
}

function applyOverrides(packages) {
  const changes = []
  for (const [path, fields] of Object.entries(overrides)) {
    const entry = packages[path]
    if (entry === undefined) continue
    for (const [field, value] of Object.entries(fields)) {
      if (JSON.stringify(entry[field]) === JSON.stringify(value)) continue
      entry[field] = value
      changes.push(`${path} has ${field} ${value}`)
    }
  }
  return changes
}

/** Where a package came from is the machine's business; what it is, is its integrity. */
function dropAddresses(packages) {
  const changes = []
  for (const [path, entry] of Object.entries(packages)) {
    if (entry.link || !/^https?:/.test(entry.resolved ?? '')) continue
    delete entry.resolved
    changes.push(`${path} has no address`)
  }
  return changes
}
