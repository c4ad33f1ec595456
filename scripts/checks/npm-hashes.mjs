// Whether nix/npm-deps.json is of the lockfiles as they are: the hashes in it are of what npm installs by them. `--print` only says what
// the lockfiles come to; nix/update-npm-hash.sh writes that down beside the hashes.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../bootstrap/root.mjs'

const folders = [
  '.',
  ...readdirSync(join(root, 'gpu'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `gpu/${name}`)
    .sort(),
]
const locks = createHash('sha256')
  .update(JSON.stringify(folders.map(installedBy)))
  .digest('hex')

if (process.argv.includes('--print')) {
  console.log(locks)
} else if (JSON.parse(readFileSync(join(root, 'nix', 'npm-deps.json'), 'utf8')).locks !== locks) {
  console.error(
    'nix/npm-deps.json is of other lockfiles, so nix would refuse what npm installs. Run: sh nix/update-npm-hash.sh',
  )
  process.exit(1)
}

/** What is installed, and nothing of who wants it: our own manifests may change without any package doing so. */
function installedBy(folder) {
  const { packages } = JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8'))
  return Object.entries(packages)
    .filter(([path]) => path.startsWith('node_modules/'))
    .map(([path, { version, integrity, link, os, cpu }]) => [path, version, integrity, link, os, cpu])
}
