import { requires } from '@castellan/testing'
import { expect, it } from 'vitest'
import { tools } from '../../../src/tools/index.ts'
import { asDone, asPending, request, send, TestAgentd } from '../../support/agentd.ts'
import { openMachine } from '../../support/machine.ts'

const bwrap = requires.command('bwrap', 'bubblewrap')

bwrap.describe('command_run', () => {
  bwrap.test('runs a program over the files that the file tools wrote, which then see what it made', async () => {
    await using machine = await openMachine()
    await machine.call('file_write', { path: 'data/names.txt', content: 'b\na\n' })
    const sorted = await machine.call('command_run', { argv: ['sort', 'names.txt'], cwd: 'data' })
    expect(sorted.output).toMatchObject({ stdout: 'a\nb\n', exitCode: 0, readOnly: true, argv: ['sort', 'names.txt'] })
    const written = await machine.call('command_run', { argv: ['sort', '-o', 'sorted.txt', 'names.txt'], cwd: 'data' })
    expect(written.output).toMatchObject({ exitCode: 0, readOnly: false })
    expect((await machine.call('file_read', { path: 'data/sorted.txt' })).output).toMatchObject({ content: 'a\nb\n' })
    await machine.call('file_edit', { path: 'data/sorted.txt', find: 'a\n', replace: 'c\n' })
    const edited = await machine.call('command_run', { argv: ['cat', 'data/sorted.txt'] })
    expect(edited.output).toMatchObject({ stdout: 'c\nb\n' })
  })

  bwrap.test('says in a sentence how it went', async () => {
    await using machine = await openMachine()
    expect((await machine.call('command_run', { argv: ['true'] })).summary).toMatch(
      /^true succeeded in .+ It printed nothing\.$/,
    )
    const failed = await machine.call('command_run', { argv: ['ls', 'not here'] })
    expect(failed.summary).toMatch(/^ls "not here" failed with exit code 2 after .+ It printed \d+ B\.$/)
    const late = await machine.call('command_run', { argv: ['sleep', '60'], timeoutSeconds: 1 })
    expect(late.summary).toContain('sleep 60 was stopped after')
  })

  bwrap.test('works in the workspace and nowhere else', async () => {
    await using machine = await openMachine({ grants: (folder) => [{ path: folder, access: 'read' }] })
    const there = machine.call('command_run', { argv: ['ls'], cwd: machine.folder })
    await expect(there).rejects.toMatchObject({ code: 'path_outside_roots' })
    await expect(machine.call('command_run', { argv: ['ls'], cwd: '..' })).rejects.toMatchObject({
      code: 'path_outside_roots',
    })
  })

  bwrap.test('fits its largest output into its limit, however it has to be escaped', async () => {
    await using machine = await openMachine()
    const argv = ['sh', '-c', 'head -c 200000 /dev/zero; head -c 200000 /dev/zero >&2']
    const { output } = await machine.call('command_run', { argv })
    const limit = tools.find(({ name }) => name === 'command_run')?.limits.outputBytes
    expect(output).toMatchObject({ stdoutBytes: 200_000, stderrBytes: 200_000, truncated: true })
    expect(Buffer.byteLength(JSON.stringify(output))).toBeLessThan(limit ?? 0)
  })
})

bwrap.describe('shell_exec', () => {
  bwrap.test('runs a script, and one known to be harmless where it can write nothing', async () => {
    await using machine = await openMachine()
    const harmless = await machine.call('shell_exec', { script: 'seq 3 | tail -n 1 && pwd' })
    expect(harmless.output).toMatchObject({ stdout: `3\n${machine.workspace}\n`, readOnly: true })
    const script = 'for n in 1 2; do echo $n >> log; done; cat log'
    const asked = await machine.call('shell_exec', { script })
    expect(asked.output).toMatchObject({ stdout: '1\n2\n', readOnly: false })
    expect(asked.output.argv).toEqual(['bash', '--noprofile', '--norc', '-c', script])
    expect(asked.output.judgedBecause).toContain('needs approval')
  })

  bwrap.test('looking at a repository runs nothing that its configuration names', async (context) => {
    requires.command('git', 'git').check(context)
    await using machine = await openMachine()
    const set = `git init -q . && git config core.fsmonitor 'sh -c "echo ran >&2"'`
    await machine.call('shell_exec', { script: set })
    const look = await machine.call('command_run', { argv: ['git', 'status'] })
    expect(look.output).toMatchObject({ exitCode: 0, readOnly: true, stderr: '' })
    const agreed = await machine.call('shell_exec', { script: 'git status; true $(true)' })
    expect(agreed.output).toMatchObject({ readOnly: false, stderr: expect.stringContaining('ran') })
  })

  bwrap.test('runs nothing of a repository’s configuration that could write', async (context) => {
    requires.command('git', 'git').check(context)
    await using machine = await openMachine()
    const set = 'git init -q . && git config core.fsmonitor "touch hacked; false" && touch a && git add a'
    expect((await machine.call('shell_exec', { script: set })).output).toMatchObject({ stderr: '', exitCode: 0 })
    await machine.call('command_run', { argv: ['rm', '-f', 'hacked'] })
    expect((await machine.call('command_run', { argv: ['git', 'status'] })).output).toMatchObject({ readOnly: true })
    expect((await machine.call('command_run', { argv: ['ls'] })).output).toMatchObject({ stdout: 'a\n' })
  })
})

bwrap.describe('sandbox_exec', () => {
  bwrap.test('runs code over the files it was given, and sees nothing of the workspace', async () => {
    await using machine = await openMachine()
    await machine.call('file_write', { path: 'mine.txt', content: 'mine' })
    const files = [{ name: 'yours.txt', content: 'yours' }]
    const { output } = await machine.call('sandbox_exec', { script: 'ls; cat yours.txt', files })
    expect(output).toMatchObject({ stdout: 'yours.txt\nyours', exitCode: 0 })
    const look = await machine.call('sandbox_exec', { argv: ['cat', `${machine.workspace}/mine.txt`] })
    expect(look.output).toMatchObject({ exitCode: 1, stdout: '' })
  })

  bwrap.test('takes an argv or a script, and file names that are no paths', async () => {
    await using machine = await openMachine()
    await expect(machine.call('sandbox_exec', {})).rejects.toThrow('either argv or script')
    await expect(machine.call('sandbox_exec', { argv: ['ls'], script: 'ls' })).rejects.toThrow('either')
    const files = [{ name: '../x', content: '' }]
    await expect(machine.call('sandbox_exec', { argv: ['ls'], files })).rejects.toThrow('plain file name')
  })
})

it('whoever is asked is told what about the command is more than reading', async () => {
  const agentd = await TestAgentd.start({ tools })
  const reason = async (tool: string, args: Record<string, unknown>) =>
    asPending(await send(agentd.agent, request(tool, args))).reason
  expect(await reason('shell_exec', { script: 'ls > f' })).toBe('It needs approval: it redirects > f.')
  expect(await reason('command_run', { argv: ['find', '.', '-delete'] })).toContain('-delete')
  expect(await reason('command_run', { argv: ['ls'] })).toContain('no more than read')
  expect(await reason('sandbox_exec', { script: 'ls' })).toContain('a person has to agree')
})

bwrap.test('an agent asks before each command; what runs is what was approved, and the ledger has it', async () => {
  const agentd = await TestAgentd.start({ tools })
  const argv = ['printf', '%s|', 'a b', '$(id)', '*']
  const asked = request('command_run', { argv })
  const pending = asPending(await send(agentd.agent, asked))
  await agentd.decide(pending.approval_id, 'approve')
  const changed = { ...asked, args: { argv: ['id'] }, approval_id: pending.approval_id }
  await expect(send(agentd.agent, changed)).rejects.toMatchObject({ code: 'approval_mismatch' })
  const done = asDone(await agentd.callApproved('command_run', { argv }))
  expect(done).toMatchObject({ ok: true, result: { argv, stdout: 'a b|$(id)|*|' }, undo: { possible: false } })
  expect(JSON.stringify(await agentd.entries())).toContain(JSON.stringify(argv))
})
