import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentName, CallOutcome, CastellanError } from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import { expect, test } from 'vitest'
import { asDone, request, send, temporaryState } from '../support/agentd.ts'
import { allEntries, startProcess } from '../support/process.ts'

/** `CASTELLAN_TEST_CRASHES=50` for a long look; each takes a second. */
const CRASHES = Number(process.env.CASTELLAN_TEST_CRASHES ?? 4)

test(`killed ${CRASHES} times in the middle of changes, every act can be taken back to the byte-identical start`, {
  timeout: 600_000,
}, async () => {
  const stateDir = temporaryState()
  const workspace = join(stateDir, 'workspace')
  mkdirSync(workspace, { recursive: true })
  writeFileSync(join(workspace, 'a'), 'first\n'.repeat(20_000))
  writeFileSync(join(workspace, 'b'), Buffer.from([0, 255, 1, 254]))
  const start = await picture(workspace)

  // Whether a call has begun when the kill comes is chance: go on until one had.
  for (let crash = 0, hit = false; crash < CRASHES || (!hit && crash < CRASHES + 30); crash += 1) {
    const agentd = await startProcess(stateDir)
    hit = (await allEntries(agentd.operator)).some(({ type }) => type === 'interrupted')
    const warm = Promise.withResolvers<void>()
    const work = changes(agentd.operator, crash, warm.resolve)
    await warm.promise
    // Somewhere else each time.
    await sleep(crash * 3)
    agentd.process.kill('SIGKILL')
    await Promise.all([work, once(agentd.process, 'close')])
    agentd.operator.close()
  }

  const agentd = await startProcess(stateDir)
  const entries = await allEntries(agentd.operator)
  const closings = entries.filter(
    ({ type, effect }) => (type === 'outcome' || type === 'interrupted') && effect !== 'read',
  )
  expect(closings.filter(({ type }) => type === 'interrupted').length).toBeGreaterThan(0)
  for (const { index, ok, type } of closings.toReversed()) {
    const undone = await undo(agentd.operator, index)
    if (undone.ok) continue
    // What changed nothing kept nothing: refused, or killed before it began.
    expect(undone.error?.code).toBe('not_undoable')
    expect(type === 'interrupted' || ok === false).toBe(true)
  }
  expect(await picture(workspace)).toEqual(start)
  expect(readdirSync(join(stateDir, 'agentd/undo'))).toEqual([])
  agentd.process.kill('SIGTERM')
  await once(agentd.process, 'close')
})

test('an act that was interrupted after its effect is taken back by the number of its intent', async () => {
  const stateDir = temporaryState()
  const agentd = await startProcess(stateDir, { DIE_AFTER_EFFECT: '1' })
  const path = join(stateDir, 'note')
  await expect(call(agentd.operator, 'test_die', { path })).rejects.toMatchObject({ code: 'agentd_unavailable' })
  await once(agentd.process, 'close')
  expect(readFileSync(path, 'utf8')).toBe('done')
  // Encrypted, and named by its call alone.
  const [kept] = readdirSync(join(stateDir, 'agentd/undo')) as [string]
  expect(readFileSync(join(stateDir, 'agentd/undo', kept), 'latin1')).not.toContain(path)

  const again = await startProcess(stateDir)
  const intent = (await allEntries(again.operator)).findLast(
    ({ type, tool }) => type === 'intent' && tool === 'test_die',
  )
  const undone = await undo(again.operator, intent?.index as number)
  expect(undone).toMatchObject({ ok: true, undo: { possible: true } })
  expect(() => readFileSync(path)).toThrow('ENOENT')
  expect(await undo(again.operator, intent?.index as number)).toMatchObject({ error: { code: 'already_undone' } })
  again.process.kill('SIGTERM')
  await once(again.process, 'close')
})

/** Changes of every kind, one after the other, until agentd is gone. */
async function changes(operator: UnixClient, seed: number, onFirst: () => void): Promise<void> {
  try {
    for (let round = 0; ; round += 1) {
      const name = `n${seed}-${round}`
      await call(operator, 'file_write', { path: `d${seed}/${name}`, content: 'x'.repeat(50_000) })
      onFirst()
      await call(operator, 'file_write', { path: 'a', content: `${name}\n`, mode: 'append' })
      await call(operator, 'file_move', { from: 'b', to: `d${seed}/b` })
      await call(operator, 'file_delete', { path: `d${seed}/b` })
      await call(operator, 'trash_restore', { path: `d${seed}/b` })
      await call(operator, 'file_move', { from: `d${seed}/b`, to: 'b' })
      await call(operator, 'file_edit', { path: 'a', find: `${name}\n`, replace: 'ä' })
      await call(operator, 'file_move', { from: `d${seed}`, to: `e/${name}` })
    }
  } catch (error) {
    if (!(error instanceof CastellanError) || error.code !== 'agentd_unavailable') throw error
  }
}

function call(operator: UnixClient, tool: string, args: Record<string, unknown>) {
  return send(operator, request(tool, args, { agent: AgentName.parse('operator') }))
}

async function undo(operator: UnixClient, index: number) {
  const body = { index, force: false }
  return asDone(await operator.request('POST', '/v1/undo', { body, schema: CallOutcome }))
}

async function picture(folder: string): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const stats = await lstat(join(folder, name), { bigint: true })
    const mode = (stats.mode & 0o7777n).toString(8)
    if (stats.isDirectory()) seen[name] = `folder ${mode}`
    else if (stats.isSymbolicLink()) seen[name] = `link ${await readlink(join(folder, name))}`
    else seen[name] = `file ${mode} ${stats.mtimeNs / 1000n} ${(await readFile(join(folder, name))).toString('base64')}`
  }
  return seen
}
