// Holds the floors of docs/architecture.md: a package imports only from floors below its own, and only what its manifest
// names. Types count as well: a package that knows another's types depends on it.
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, relative, sep } from 'node:path'
import { init, parse } from 'es-module-lexer'
import { root } from '../bootstrap/root.mjs'

const floors = {
  contracts: 0,
  testing: 0,
  ledger: 1,
  daemon: 1,
  gguf: 1,
  screening: 1,
  'mcp-bridge': 2,
  quarantine: 2,
  agentd: 3,
  engine: 3,
  airlock: 3,
  gateway: 3,
  'client-sdk': 4,
  agentctl: 5,
  dashboard: 5,
  supervisor: 5,
}
/** The page runs in a browser: of ours, only the vocabulary makes sense there. */
const onlyFrom = { dashboard: ['contracts', 'client-sdk'] }

await init
const problems = readdirSync(join(root, 'packages')).flatMap(checkPackage)
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0

function checkPackage(name) {
  const floor = floors[name]
  if (floor === undefined) return [`packages/${name} has no floor; give it one in scripts/checks/boundaries.mjs.`]
  const folder = join(root, 'packages', name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const declared = new Set(Object.keys(manifest.dependencies ?? {}))
  const complaints = []
  for (const file of sourceFiles(join(folder, 'src'))) {
    const where = relative(root, file)
    for (const target of importsOf(file)) {
      if (target.startsWith('.')) {
        if (!join(file, '..', target).startsWith(join(folder, 'src') + sep) && !target.endsWith('.json')) {
          complaints.push(`${where} reaches out of its package: ${target}`)
        }
        continue
      }
      const own = /^@castellan\/([a-z-]+)(\/.*)?$/.exec(target)
      if (own === null) continue
      const [, other, inside] = own
      if (inside !== undefined && !entriesOf(other).includes(`.${inside}`))
        complaints.push(`${where} imports the inside of a package: ${target}`)
      if (other === 'testing') complaints.push(`${where} imports what only tests may: ${target}`)
      if (!declared.has(`@castellan/${other}`))
        complaints.push(`${where} imports ${target}, which its package.json does not name.`)
      const allowed = onlyFrom[name]?.includes(other) ?? floors[other] < floor
      if (!allowed) complaints.push(`${where} (floor ${floor}) may not import ${target} (floor ${floors[other]}).`)
    }
  }
  return complaints
}

/** What a package offers beside its main entry, e.g. `./api`. */
function entriesOf(name) {
  return Object.keys(JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).exports ?? {})
}

/**
 * Every module a file names. `import type` vanishes with the types, and Node does not strip TSX: both stand as plain statements
 * at the start of a line. What remains is JavaScript, whose lexer also knows dynamic imports.
 */
function importsOf(file) {
  const text = readFileSync(file, 'utf8')
  const found = new Set()
  for (const match of text.matchAll(/^(?:import|export)\b[^;'"(=]*?['"]([^'"]+)['"]/gm)) found.add(match[1])
  if (file.endsWith('.tsx')) return found
  const [imports] = parse(stripTypeScriptTypes(text), file)
  for (const { n } of imports) if (n !== undefined) found.add(n)
  return found
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}
