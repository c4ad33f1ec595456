import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { cleanInstall } from './npm.mjs'
import { root } from './root.mjs'

/** Says which lockfile a node_modules folder was installed from. Written last: an interrupted install has none. */
const STAMP = '.castellan-installed'

/** Installs what package-lock.json names, if that is not what is there. Needs no network when it is. */
export async function ensureInstalled(say) {
  if (isInstalled(root)) return
  say('Installing what Castellan needs, Node 24 among it (about 560 MB on disk). This happens once.')
  await cleanInstall(root, say)
  stamp(root)
  say('Installed.')
}

/** Adds the engine's GPU binaries where a GPU is found: hundreds of megabytes nobody else should download. */
export async function ensureGpu(say) {
  if (process.arch !== 'x64') return
  for (const kind of detectGpus()) {
    const folder = join(root, 'gpu', kind)
    if (!isInstalled(folder)) {
      say(`A GPU was found; installing the engine's ${kind === 'cuda' ? 'CUDA' : 'Vulkan'} binaries.`)
      await cleanInstall(folder, say)
      stamp(folder)
    }
    link(folder)
  }
}

function detectGpus() {
  const kinds = []
  if (existsSync('/dev/nvidiactl') || existsSync('/proc/driver/nvidia/version')) kinds.push('cuda')
  const loaders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/run/opengl-driver/lib']
  const hasLoader = loaders.some((folder) => existsSync(join(folder, 'libvulkan.so.1')))
  if (existsSync('/dev/dri/renderD128') && hasLoader) kinds.push('vulkan')
  return kinds
}

/** Puts the folder's packages beside the others, where the engine's library looks for them. */
function link(folder) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    const place = join(root, 'node_modules', name)
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) unlinkSync(place)
    if (existsSync(place)) continue
    mkdirSync(join(place, '..'), { recursive: true })
    symlinkSync(relative(join(place, '..'), join(folder, 'node_modules', name)), place)
  }
}

function isInstalled(folder) {
  try {
    return readFileSync(join(folder, 'node_modules', STAMP), 'utf8').trim() === lockHash(folder)
  } catch {
    return false
  }
}

function stamp(folder) {
  writeFileSync(join(folder, 'node_modules', STAMP), `${lockHash(folder)}\n`)
}

/** The lockfile names every package with its integrity; who unpacked it (system, processor) matters for binaries. */
function lockHash(folder) {
  const lock = readFileSync(join(folder, 'package-lock.json'))
  return createHash('sha256').update(`${process.platform} ${process.arch}\n`).update(lock).digest('hex')
}
