import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Sealer } from '@castellan/mcp-bridge'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { openDoor } from '../support/mcp/door.ts'
import { conformanceFixtures } from '../support/mcp/fixtures.ts'

const SUITE = join(import.meta.dirname, '../../../../node_modules/@modelcontextprotocol/conformance/dist/index.js')
const TIMEOUT_MS = 240_000

test.each(['2025-11-25', '2026-07-28'])(
  'the endpoint does all that revision %s requires of a server',
  async (revision) => {
    const folder = temporaryFolder()
    const sealer = await Sealer.open(join(folder, 'gateway', 'mcp.key'))
    const gateway = await startGateway({ folder, server: { mcpProviders: [conformanceFixtures(sealer)] } })
    const url = await openDoor(gateway)

    const { code, output } = await suite(['server', '--url', url, '--requirements', revision], folder)
    expect(output).not.toMatch(/expected.failure/i)
    expect(code, output.slice(-6000)).toBe(0)
  },
  TIMEOUT_MS,
)

function suite(args: readonly string[], cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SUITE, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS - 10_000)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}
