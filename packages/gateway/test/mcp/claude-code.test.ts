import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand, requires, temporaryFolder, until } from '@castellan/testing'
import { afterAll, beforeAll, expect } from 'vitest'
import { ScriptedProvider } from '../support/mcp/anthropic.ts'
import { Both } from '../support/mcp/both.ts'
import { runProgram } from '../support/mcp/program.ts'

const CLAUDE = findCommand('claude')
const installed = requires.that(
  CLAUDE !== undefined,
  'needs Claude Code as the command claude on the PATH (npm install -g @anthropic-ai/claude-code)',
)
const TIMEOUT_MS = 120_000

installed.describe('Claude Code', () => {
  let both: Both
  beforeAll(async () => {
    both = await Both.start()
  })
  afterAll(() => both?.stop())

  installed.test(
    'completes a session of several tools over HTTP, one of which a person has to approve',
    async () => {
      const write = { tool: 'mcp__castellan__file_write', input: { path: 'from-claude.txt', content: 'hello' } }
      const provider = await ScriptedProvider.start([
        { tool: 'mcp__castellan__memory_usage', input: {} },
        { tool: 'mcp__castellan__file_stat', input: { path: '.' } },
        write,
        write,
        { say: (results) => `All done after ${results.length} results.` },
      ])
      const home = temporaryFolder()
      const headers = { Authorization: `Bearer ${both.token}` }
      const servers = { castellan: { type: 'http', url: `http://127.0.0.1:${both.port}/mcp`, headers } }
      writeFileSync(join(home, 'mcp.json'), JSON.stringify({ mcpServers: servers }), { mode: 0o600 })

      // The owner, elsewhere: says yes as soon as there is a question.
      const approving = approveFirst(both)
      const args = ['-p', 'Look at this server.', '--mcp-config', 'mcp.json', '--strict-mcp-config']
      const permit = ['--allowedTools', 'mcp__castellan', '--output-format', 'json']
      const ended = await runProgram(CLAUDE as string, [...args, ...permit], {
        cwd: home,
        timeoutMs: TIMEOUT_MS - 20_000,
        env: {
          ANTHROPIC_BASE_URL: provider.url,
          ANTHROPIC_API_KEY: 'a key that nobody checks',
          CLAUDE_CONFIG_DIR: join(home, 'claude'),
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
          ENABLE_TOOL_SEARCH: 'false',
        },
      })
      await approving

      expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(0)
      expect(JSON.parse(ended.stdout)).toMatchObject({ is_error: false, result: 'All done after 4 results.' })
      expect([...provider.offered]).toContain('mcp__castellan__file_stat')
      // Clients look at the prompts by themselves, which is a call of skill_list.
      const all = (await both.entries('&type=outcome')).map(({ entry }) => entry)
      const outcomes = all.filter(({ tool }) => !tool?.startsWith('skill_'))
      expect(outcomes.map(({ tool, ok, actor }) => [tool, ok, actor.name]).toReversed()).toEqual([
        ['memory_usage', true, 'mcp'],
        ['file_stat', true, 'mcp'],
        ['file_write', true, 'mcp'],
      ])
      expect(both.read('from-claude.txt')).toBe('hello')
    },
    TIMEOUT_MS,
  )
})

async function approveFirst(both: Both): Promise<void> {
  const asked = await until(
    'the client asks for something',
    async () => (await both.entries('&type=approval_requested'))[0]?.entry.approval_id,
    TIMEOUT_MS - 20_000,
  )
  await both.decide(asked, 'approve')
}
