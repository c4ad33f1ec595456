// Holds the shell that runs as root on other people's machines against shellcheck, where that is installed.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../bootstrap/root.mjs'

const parts = readdirSync(join(root, 'scripts', 'install')).map((name) => join('scripts', 'install', name))
const result = spawnSync('shellcheck', ['-x', '-s', 'sh', 'install.sh', ...parts], { cwd: root, stdio: 'inherit' })
if (result.error?.code === 'ENOENT') console.log('skipped: needs shellcheck (Debian package shellcheck)')
else process.exitCode = result.status ?? 1
