#!/usr/bin/env node
// Starts agentctl on Node 24, whichever Node this file was started with: the project brings its own through npm.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)))

function findNode24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`)
    const binary = join(dirname(manifest), 'bin', 'node')
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}

const node = findNode24()
if (node === undefined) {
  console.error(
    'agentctl needs Node 24: run `npm ci` in the project folder (it brings Node 24 along), or use a Node from 24 up.',
  )
  process.exit(78)
}

const source = join(packageRoot, 'src', 'main.ts')
const built = join(packageRoot, 'dist', 'main.js')
const entry = existsSync(source) ? ['--conditions=source', source] : [built]
// A young generation of 2 MiB: what a command keeps is little, and verifying a million entries stays below 150 MB with it.
const child = spawn(node, ['--max-semi-space-size=2', ...entry, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  console.error(`agentctl could not start ${node}: ${error.message}`)
  process.exit(78)
})
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
  process.kill(process.pid, signal)
})
