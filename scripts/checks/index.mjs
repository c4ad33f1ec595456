import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../bootstrap/root.mjs'

/** Everything that can be known without running the code. Each check is a command that ends with 0 when all is well. */
function checks() {
  const packages = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'tsconfig.json')),
  )
  return [
    ...packages.map((name) => ({
      name: `types of ${name}`,
      args: [bin('typescript', 'bin/tsc'), '-p', `packages/${name}`],
    })),
    { name: 'types of tests and benchmarks', args: [bin('typescript', 'bin/tsc'), '-p', '.'] },
    { name: 'style', args: [bin('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings'] },
    {
      name: 'boundaries between packages',
      args: ['--disable-warning=ExperimentalWarning', 'scripts/checks/boundaries.mjs'],
    },
    { name: 'shell', args: ['scripts/checks/shell.mjs'] },
    { name: 'nothing unused', args: [bin('knip', 'bin/knip.js'), '--no-progress', '--no-config-hints'] },
    { name: 'lockfile in step', args: ['scripts/lock.mjs', '--check'] },
    {
      name: 'openapi/castellan.v1.yaml in step',
      args: ['--conditions=source', 'packages/gateway/scripts/generate-openapi.ts', '--check'],
    },
    {
      name: 'types of client-sdk in step',
      args: ['packages/client-sdk/scripts/generate.ts', '--check'],
    },
    { name: 'examples of the SDK in step', args: ['packages/client-sdk/scripts/examples.ts', '--check'] },
    {
      name: 'docs/tools.md in step',
      args: ['--conditions=source', 'packages/agentd/scripts/generate-tools-doc.ts', '--check'],
    },
    { name: 'nix/npm-deps.json in step', args: ['scripts/checks/npm-hashes.mjs'] },
    { name: 'docs/options.md in step', args: ['scripts/generate/options.mjs', '--check'] },
  ]
}

/** Runs every check, two at a time, printing the output of those that fail. */
export async function runChecks(node) {
  const waiting = checks()
  const outcome = { passed: 0, failed: 0 }
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const { code, output } = await capture(node, check.args)
      outcome[code === 0 ? 'passed' : 'failed'] += 1
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${check.name}`)
      if (code !== 0) console.log(output.replace(/^/gm, '  '))
    }
  }
  await Promise.all([worker(), worker()])
  return outcome
}

function bin(name, path) {
  return join('node_modules', name, path)
}

function capture(node, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}
