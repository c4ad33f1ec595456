import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Both } from '../support/mcp/both.ts'
import { runProgram } from '../support/mcp/program.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const INSPECTOR = join(ROOT, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js')
const AGENTCTL = join(ROOT, 'packages/agentctl/src/main.ts')
const TIMEOUT_MS = 90_000

let both: Both

beforeAll(async () => {
  both = await Both.start()
  const instance = {
    url: `http://127.0.0.1:${both.port}`,
    tokenFile: join(both.folder, 'token'),
    agentSocket: join(both.folder, 'agent.sock'),
    operatorSocket: join(both.folder, 'operator.sock'),
    pid: process.pid,
  }
  writeFileSync(join(both.folder, 'run.json'), JSON.stringify(instance), { mode: 0o600 })
}, TIMEOUT_MS)
afterAll(() => both?.stop())

/** The server as the inspector is told of it: the gateway's address, or a program to start. */
const places = [
  {
    name: 'HTTP',
    target: () => [
      `http://127.0.0.1:${both.port}/mcp`,
      '--transport',
      'http',
      '--header',
      `Authorization: Bearer ${both.token}`,
    ],
  },
  {
    name: 'stdio',
    target: () => [process.execPath, '--conditions=source', AGENTCTL, '--state', both.folder, 'mcp', 'serve'],
  },
]

test.each(places)(
  'the inspector lists the tools and calls one over $name',
  async ({ target }) => {
    const listed = await inspect(target(), '--method', 'tools/list')
    const names = (JSON.parse(listed) as { tools: { name: string }[] }).tools.map(({ name }) => name)
    expect(names).toContain('file_stat')
    expect(new Set(names).size).toBe(names.length)

    const called = await inspect(target(), '--method', 'tools/call', '--tool-name', 'file_stat', '--tool-arg', 'path=.')
    expect(JSON.parse(called)).toMatchObject({ structuredContent: { kind: 'directory' } })
  },
  TIMEOUT_MS,
)

async function inspect(target: readonly string[], ...options: string[]): Promise<string> {
  const args = [INSPECTOR, '--cli', ...target, ...options]
  const { code, stdout, stderr } = await runProgram(process.execPath, args, { cwd: both.folder, timeoutMs: 60_000 })
  expect(code, stderr).toBe(0)
  return stdout
}
