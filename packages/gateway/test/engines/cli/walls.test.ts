import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requires, temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { Program } from '../../../src/engines/cli/program.ts'
import { Walls } from '../../../src/engines/cli/walls.ts'

const limits = requires.command('prlimit', 'util-linux')

async function behindWalls(text: string) {
  const state = temporaryFolder()
  writeFileSync(join(state, 'token'), 'cst_secret')
  mkdirSync(join(state, 'sockets'))
  const folder = temporaryFolder()
  const walls = await new Walls([state]).around(folder)
  const stop = new AbortController()
  const run = {
    command: '/bin/sh',
    args: ['-c', text, 'sh', state],
    env: { PATH: process.env.PATH ?? '' },
    cwd: folder,
    input: '',
    deadlineMs: 120_000,
  }
  return { walls, program: await Program.start({ ...run, walls }, stop.signal), stop, folder }
}

function readNumber(file: string): number | undefined {
  return (existsSync(file) && Number(readFileSync(file, 'utf8'))) || undefined
}

async function linesOf(program: Program): Promise<string[]> {
  const lines: string[] = []
  for await (const line of program.lines()) lines.push(line)
  return lines
}

limits.test(
  'a program sees nothing of the state folder, changes only its own folder, and sees no other process',
  async (context) => {
    const { walls, program } = await behindWalls(
      'ls -A "$1"; echo x > own && cat own; echo x > /var/tmp/castellan-no 2>/dev/null || echo refused; ls -d /proc/[0-9]* | wc -l',
    )
    requires
      .that(walls.length > 0, 'needs bubblewrap (Debian package bubblewrap) and the right to make namespaces')
      .check(context)
    const [own, refused, processes, ...rest] = await linesOf(program)
    expect([own, refused, rest]).toEqual(['x', 'refused', []])
    expect(Number(processes)).toBeLessThan(8)
  },
)

limits.test('what left its process group behind walls ends with the turn as well', async (context) => {
  const { walls, program, stop, folder } = await behindWalls(
    'setsid sh -c "echo \\$\\$ > child; while :; do echo x > beat; sleep 0.05; done" & wait',
  )
  requires
    .that(walls.length > 0, 'needs bubblewrap (Debian package bubblewrap) and the right to make namespaces')
    .check(context)
  const beat = join(folder, 'beat')
  expect(await until('the process that left is there', () => readNumber(join(folder, 'child')))).toBeGreaterThan(0)
  await until('it beats', () => existsSync(beat))
  stop.abort()
  await program.ended
  // It counted itself from 1 in a world of its own, so it is looked for by what it does: it wrote the time, and no longer does.
  await until('it beats no longer', async () => {
    const last = statSync(beat).mtimeMs
    await sleep(500)
    return statSync(beat).mtimeMs === last
  })
})

test('where there is no bubblewrap, a program is run without walls', async () => {
  const path = process.env.PATH
  process.env.PATH = '/nowhere'
  try {
    expect(await new Walls([]).around(temporaryFolder())).toEqual([])
  } finally {
    process.env.PATH = path
  }
})
