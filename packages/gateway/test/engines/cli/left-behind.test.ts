import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requires, temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { makeRunFolder, removeRunFolder, sweepRunFolders } from '../../../src/engines/cli/folder.ts'

const PROGRAM = join(import.meta.dirname, '../../../src/engines/cli/program.ts')

requires
  .command('prlimit', 'util-linux')
  .test('a program ends with the gateway that started it, however that ends', async () => {
    const folder = temporaryFolder()
    const run = {
      command: '/bin/sh',
      args: ['-c', 'echo $$ > pid; exec sleep 600'],
      env: { PATH: process.env.PATH },
      cwd: folder,
      input: '',
      deadlineMs: 600_000,
    }
    const script = join(folder, 'gateway.mjs')
    writeFileSync(
      script,
      `import { Program } from ${JSON.stringify(PROGRAM)}\nawait (await Program.start(${JSON.stringify(run)}, new AbortController().signal)).ended`,
    )
    const gateway = spawn(process.execPath, ['--conditions=source', script], { stdio: 'ignore' })
    onTestFinished(() => void gateway.kill('SIGKILL'))
    const note = join(folder, 'pid')
    const pid = await until(
      'the program has started',
      () => (existsSync(note) && Number(readFileSync(note, 'utf8'))) || undefined,
    )
    gateway.kill('SIGKILL')
    await until('the program is gone', () => isGone(pid))
  })

test('folders of gateways that were killed are removed, and those of gateways that live stay', async () => {
  const mine = await makeRunFolder()
  onTestFinished(() => removeRunFolder(mine))
  // Above the largest process number there can be (proc(5), pid_max).
  const dead = mkdtempSync(join(tmpdir(), 'castellan-run-4194305-'))
  const others = mkdtempSync(join(tmpdir(), 'castellan-run-notes-'))
  onTestFinished(() => rmSync(others, { recursive: true }))
  writeFileSync(join(dead, 'mcp.json'), '{}')
  await sweepRunFolders()
  expect([existsSync(mine), existsSync(dead), existsSync(others)]).toEqual([true, false, true])
})

function isGone(pid: number): true | undefined {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) || undefined
  } catch {
    return true
  }
}
