import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { waitingApproval } from './support/approvals.ts'
import { agentctl } from './support/cli.ts'

const note = JSON.stringify({ path: 'notes.txt', content: 'remember the milk\n' })

describe('agentctl beside a real agentd', () => {
  test('the operator calls a tool, sees it in the ledger, and takes it back', async () => {
    const { state } = await startAgentd()
    const file = join(state, 'workspace', 'notes.txt')

    const written = await agentctl(['call', 'file_write', note, '--json', '--state', state])
    expect(written, written.stdout + written.stderr).toMatchObject({ code: 0 })
    const outcome = JSON.parse(written.stdout)
    expect(outcome).toMatchObject({ status: 'done', ok: true, undo: { possible: true } })
    expect(readFileSync(file, 'utf8')).toBe('remember the milk\n')

    const tail = await agentctl(['ledger', 'tail', '--json', '--tool', 'file_write', '--state', state])
    const types = tail.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).entry.type)
    expect(types).toEqual(['intent', 'outcome'])
    const notable = await agentctl(['ledger', 'tail', '--notable', '--tool', 'file_write', '--state', state])
    expect(notable.stdout.trim().split('\n')).toHaveLength(1)

    const shown = await agentctl(['ledger', 'show', String(outcome.ledger_index), '--state', state])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toContain('file_write')

    const undone = await agentctl(['undo', String(outcome.ledger_index), '--state', state])
    expect(undone, undone.stderr).toMatchObject({ code: 0 })
    expect(existsSync(file)).toBe(false)

    const again = await agentctl(['undo', String(outcome.ledger_index), '--json', '--state', state])
    expect(again.code).toBe(1)
    expect(`${again.stdout}${again.stderr}`).toContain('already_undone')
  })

  test('a call as an agent waits until the operator approves it, then runs once', async () => {
    const { state } = await startAgentd()
    const call = agentctl(['call', 'file_write', note, '--agent', 'main', '--state', state])
    const waiting = await waitingApproval(state)
    expect((await agentctl(['approve', waiting.approval_id, '--state', state])).code).toBe(0)
    expect((await call).code).toBe(0)
    expect(existsSync(join(state, 'workspace', 'notes.txt'))).toBe(true)
    expect((await agentctl(['approve', waiting.approval_id, '--state', state])).code).not.toBe(0)
  })

  test('a denied call exits 4 and does nothing', async () => {
    const { state } = await startAgentd()
    const call = agentctl(['call', 'file_write', note, '--agent', 'main', '--state', state])
    const waiting = await waitingApproval(state)
    expect((await agentctl(['deny', waiting.approval_id, '--state', state])).code).toBe(0)
    expect((await call).code).toBe(4)
    expect(existsSync(join(state, 'workspace', 'notes.txt'))).toBe(false)
  })

  test.each([
    [['call', 'disk_usag'], 2, 'unknown_tool'],
    [['call', 'disk_usage', '{"pth":"/"}'], 2, 'pth'],
    [['tools', 'disk_usag'], 2, 'disk_usage'],
    [['ledger', 'show', '99999'], 1, 'not_found'],
    [['approve', 'apr_0123456789abcdef'], 1, 'approval_unknown'],
    [['ledger', 'tail', '-n', '0'], 2, '1 to 1000'],
    [['ledger', 'tail', '--type', 'intention'], 1, 'type'],
  ])('%j exits %i and says %s', async (args, code, word) => {
    const { state } = await startAgentd()
    const ran = await agentctl([...args, '--state', state])
    expect(ran, ran.stderr).toMatchObject({ code })
    expect(ran.stderr).toContain(word)
  })

  test('verify-ledger is green while agentd runs', async () => {
    const { state } = await startAgentd()
    await agentctl(['call', 'disk_usage', '--state', state])
    const green = await agentctl(['verify-ledger', '--state', state])
    expect(green, green.stderr).toMatchObject({ code: 0 })
    expect(green.stdout).toContain('The ledger is whole')
  })
})
