import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CallOutcome } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { asDone, type Recorded, TestAgentd } from '../support/agentd.ts'
import { testTools } from '../support/tools.ts'

test('says what would happen, with the diff, and changes nothing', async () => {
  const { agentd, workspace } = await start()
  writeFileSync(join(workspace, 'list'), 'milk\nbread\n')
  const act = await write(agentd, 'list', 'milk\ncheese\n', 'overwrite')
  const { result, ok } = await preview(agentd, act.ledger_index)
  expect(ok).toBe(true)
  expect(result).toMatchObject({ index: act.ledger_index, tool: 'file_write', possible: true, obstacle: null })
  expect((result as { diff: string }).diff).toContain('-cheese\n+bread\n')
  expect(await agentd.operate('trash_list')).toMatchObject({ result: { items: [{ reason: 'replaced' }] } })
})

test('says that the world has moved on, and that only the operator could insist', async () => {
  const { agentd, workspace } = await start()
  const act = await write(agentd, 'list', 'milk\n')
  writeFileSync(join(workspace, 'list'), 'theirs\n')
  expect((await preview(agentd, act.ledger_index)).result).toMatchObject({
    possible: false,
    forcible: true,
    obstacle: { code: 'world_moved_on' },
  })
  expect(await undo(agentd, act.ledger_index)).toMatchObject({ ok: false, error: { code: 'world_moved_on' } })
})

test('says that an act was taken back already, and by which act', async () => {
  const { agentd } = await start()
  const act = await write(agentd, 'list', 'milk\n')
  const undone = await undo(agentd, act.ledger_index)
  const { result } = await preview(agentd, act.ledger_index)
  expect(result).toMatchObject({ possible: false, forcible: false, obstacle: { code: 'already_undone' } })
  expect((await preview(agentd, undone.ledger_index)).result).toMatchObject({ possible: true, tool: 'file_write' })
})

test('says that what was kept is gone from the trash', async () => {
  const { agentd } = await start()
  const written = await write(agentd, 'list', 'milk\n')
  const deleted = asDone(await agentd.operate('file_delete', { path: 'list' }))
  await agentd.operate('trash_empty')
  expect((await preview(agentd, deleted.ledger_index)).result).toMatchObject({
    possible: false,
    forcible: false,
    obstacle: { code: 'trash_unknown' },
  })
  expect((await preview(agentd, written.ledger_index)).result).toMatchObject({ obstacle: { code: 'world_moved_on' } })
})

test('shows what the tool itself said where that cannot look ahead', async () => {
  const { agentd, workspace } = await start()
  const act = asDone(await agentd.operate('test_note', { path: join(workspace, 'note'), text: 'one' }))
  const { result } = await preview(agentd, act.ledger_index)
  expect(result).toMatchObject({ possible: true, effects: [expect.stringContaining('back as it was')] })
})

test('refuses what is no act and what kept nothing', async () => {
  const { agentd } = await start()
  expect((await preview(agentd, 0)).error?.code).toBe('not_undoable')
  expect((await preview(agentd, 99_999)).error?.code).toBe('not_found')
})

async function start() {
  const agentd = await TestAgentd.start({ tools: [...tools, ...testTools.filter(({ name }) => name === 'test_note')] })
  return { agentd, workspace: join(agentd.stateDir, 'workspace') }
}

async function write(agentd: TestAgentd, path: string, content: string, mode = 'create'): Promise<Recorded> {
  return asDone(await agentd.operate('file_write', { path, content, mode }))
}

async function preview(agentd: TestAgentd, index: number): Promise<Recorded> {
  return asDone(await agentd.operate('undo_preview', { index }))
}

async function undo(agentd: TestAgentd, index: number): Promise<Recorded> {
  const body = { index, force: false }
  return asDone(await agentd.operator.request('POST', '/v1/undo', { body, schema: CallOutcome }))
}
