// Takes out of node_modules what only building needed, as package-lock.json says, and programs for other systems than this one.
// Usage: node prune.mjs, in the folder of the lock.
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
for (const [path, { dev, devOptional }] of Object.entries(packages)) {
  if (path.startsWith('node_modules/') && (dev || devOptional)) rmSync(path, { recursive: true, force: true })
}

/** Prebuilt addons come for every system in one package; a musl one is for another C library. */
const ours = new RegExp(`^linux-${process.arch}(\\.node)?$`)
for (const path of Object.keys(packages)) {
  const prebuilds = join(path, 'prebuilds')
  if (!existsSync(prebuilds)) continue
  for (const name of readdirSync(prebuilds)) if (!ours.test(name)) rmSync(join(prebuilds, name), { recursive: true })
}

// What building left behind.
rmSync('node_modules/.cache', { recursive: true, force: true })
removeLinksToNowhere('node_modules')

function removeLinksToNowhere(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isSymbolicLink() && !existsSync(path)) rmSync(path)
    else if (entry.isDirectory() && ['.bin', '@castellan'].includes(entry.name)) removeLinksToNowhere(path)
  }
  if (lstatSync(folder).isDirectory() && readdirSync(folder).length === 0 && dirname(folder) !== '.')
    rmSync(folder, { recursive: true })
}
