import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder, until } from '@castellan/testing'
import { expect } from 'vitest'
import { findProgram, Program, type ProgramRun } from '../../../src/engines/cli/program.ts'

const limits = requires.command('prlimit', 'util-linux').and(requires.command('setpriv', 'util-linux'))
const PATH = process.env.PATH ?? ''

function script(text: string, rest: Partial<ProgramRun> = {}): ProgramRun {
  return {
    command: '/bin/sh',
    args: ['-c', text],
    env: { PATH },
    cwd: temporaryFolder(),
    input: '',
    deadlineMs: 120_000,
    ...rest,
  }
}

async function linesOf(program: Program): Promise<string[]> {
  const lines: string[] = []
  for await (const line of program.lines()) lines.push(line)
  return lines
}

/** The processes that a script noted, once it has. */
async function noted(folder: string, name: string): Promise<number> {
  return until('the script has noted its process', () => {
    const file = join(folder, name)
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined
  })
}

/** A process that ended and was not collected by its parent yet counts as gone. */
function isGone(pid: number): true | undefined {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) || undefined
  } catch {
    return true
  }
}

limits.test('reads what it is given, says what it has to, and ends with its code and its complaints', async () => {
  const program = await Program.start(
    script('cat; echo two; printf three; echo oh no >&2; exit 3', { input: 'one\n\n' }),
    new AbortController().signal,
  )
  expect(await linesOf(program)).toEqual(['one', 'two', 'three'])
  expect(await program.ended).toMatchObject({ code: 3, stderr: 'oh no\n' })
})

limits.test('has the environment it is given and no other', async () => {
  const program = await Program.start(script('env', { env: { PATH, ONLY: 'this' } }), new AbortController().signal)
  const names = (await linesOf(program)).map((line) => line.split('=')[0])
  expect(names.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name ?? '')).toSorted()).toEqual([
    'ONLY',
    'PATH',
  ])
})

limits.test('is ended with all it started when the turn is stopped', async () => {
  const run = script('echo $$ > self; sleep 600 & echo $! > child; echo started; wait')
  const stop = new AbortController()
  const program = await Program.start(run, stop.signal)
  const pids = [await noted(run.cwd, 'self'), await noted(run.cwd, 'child')]
  stop.abort()
  expect(await program.ended).toMatchObject({ signal: 'SIGKILL' })
  for (const pid of pids) await until('it is gone', () => isGone(pid))
})

limits.test('is ended when its time is up, and when whoever reads it stops', async () => {
  const late = await Program.start(script('sleep 600', { deadlineMs: 50 }), new AbortController().signal)
  expect([(await late.ended).signal, late.late]).toEqual(['SIGKILL', true])
  const left = await Program.start(script('echo one; sleep 600'), new AbortController().signal)
  for await (const line of left.lines()) {
    expect(line).toBe('one')
    break
  }
  expect((await left.ended).signal).toBe('SIGKILL')
})

limits.test('leaves nobody of its group behind when it ends by itself', async () => {
  const run = script('sleep 600 > /dev/null 2>&1 & echo $! > child')
  const program = await Program.start(run, new AbortController().signal)
  await program.ended
  const child = await noted(run.cwd, 'child')
  await until('what it left is gone', () => isGone(child))
})

limits.test('ends although something that left its group holds on to its output', async () => {
  const run = script('setsid sleep 600 & echo $! > child; echo said')
  const program = await Program.start(run, new AbortController().signal)
  expect(await linesOf(program)).toEqual(['said'])
  expect(await program.ended).toMatchObject({ code: 0 })
  process.kill(await noted(run.cwd, 'child'), 'SIGKILL')
})

limits.test('may write no core file and no huge one', async () => {
  const program = await Program.start(script('ulimit -c; ulimit -f; ulimit -n'), new AbortController().signal)
  // sh counts the size of files in blocks of 512 bytes.
  expect(await linesOf(program)).toEqual(['0', String((256 * 1024 * 1024) / 512), '4096'])
})

limits.test('that never ends a line, or never stops, is ended', async () => {
  const endless = await Program.start(script('yes xxxxxxxxxxxxxxx | tr -d "\\n"'), new AbortController().signal)
  await expect(linesOf(endless)).rejects.toMatchObject({ code: 'engine_garbled' })
  await endless.ended
})

limits.test('that is not there is said to be missing', async () => {
  const program = await Program.start(
    script('', { command: '/nowhere/at/all', args: [] }),
    new AbortController().signal,
  )
  expect((await program.ended).code).not.toBe(0)
  expect(findProgram('surely-no-such-program')).toBeUndefined()
  expect(findProgram('sh')).toMatch(/^\/.*\/sh$/)
  expect(findProgram('sh', 'relative/folder')).toBeUndefined()
})
