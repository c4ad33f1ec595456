// `npm run build`: compiles every package to its dist folder, ground floor first, as an installed system runs it. The page is
// built as well; everything else about a package is in its manifest already.
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap, main, root, run } from './bootstrap/index.mjs'

await main(async () => {
  const node = await bootstrap((line) => process.stderr.write(`${line}\n`))
  const work = join(root, '.cache', 'build')
  mkdirSync(work, { recursive: true })
  for (const name of inOrder(readPackages())) {
    console.log(`building ${name}`)
    const config = join(work, `${name}.json`)
    writeFileSync(config, JSON.stringify(configFor(name), null, 2))
    const code = await run(node, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', config])
    if (code !== 0) return code
    rewriteAddresses(join(root, 'packages', name, 'dist'))
    copyRules(name)
  }
  return 0
})

/** Packages with code for Node. The page has its own builder, and what only tests use is never shipped. */
function readPackages() {
  const names = readdirSync(join(root, 'packages')).filter((name) => !['dashboard', 'testing'].includes(name))
  return new Map(
    names.map((name) => {
      const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
      const ours = Object.keys(manifest.dependencies ?? {}).filter((dependency) => dependency.startsWith('@castellan/'))
      return [name, ours.map((dependency) => dependency.slice('@castellan/'.length))]
    }),
  )
}

/** Each package after those it imports: it is compiled against their declarations. */
function inOrder(packages) {
  const done = new Set()
  const visit = (name) => {
    if (done.has(name)) return
    for (const dependency of packages.get(name) ?? []) visit(dependency)
    done.add(name)
  }
  for (const name of packages.keys()) visit(name)
  return done
}

/** tsc gives imports the endings of what it compiled; the addresses of workers, `new URL('./worker.ts', import.meta.url)`, it leaves. */
function rewriteAddresses(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue
    const file = join(entry.parentPath, entry.name)
    const text = readFileSync(file, 'utf8')
    const rewritten = text.replaceAll(
      /new URL\((['"]\.[^'"]*)\.ts(['"]), import\.meta\.url\)/g,
      'new URL($1.js$2, import.meta.url)',
    )
    if (rewritten !== text) writeFileSync(file, rewritten)
  }
}

/** What code reads beside itself: rules and their tests. */
function copyRules(name) {
  const folder = join(root, 'packages', name)
  cpSync(join(folder, 'src'), join(folder, 'dist'), {
    recursive: true,
    filter: (source) => statSync(source).isDirectory() || /\.(cedar|test\.json)$/.test(source),
  })
}

function configFor(name) {
  const folder = join(root, 'packages', name)
  return {
    extends: join(folder, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      rootDir: join(folder, 'src'),
      outDir: join(folder, 'dist'),
      declaration: true,
      customConditions: [],
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    // Declarations written by hand are not among those that compiling makes, and are for whoever imports that library.
    include: [join(folder, 'src'), join(root, 'packages', '*', 'src', '**', '*.d.ts')],
  }
}
