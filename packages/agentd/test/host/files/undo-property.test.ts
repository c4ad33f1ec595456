import {
  chmod,
  chown,
  link,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { Inverse } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openMachine } from '../../support/machine.ts'

/** `CASTELLAN_TEST_RUNS=2000` for a long look. */
const RUNS = Number(process.env.CASTELLAN_TEST_RUNS ?? 80)

/** Files that are there at the start, and names that are free; some in folders that are not there. */
const name = fc.constantFrom(
  'a.txt',
  'binary',
  'empty',
  'link',
  'twin-1',
  'strange – ünï 名前.txt',
  'd/c.txt',
  'd/deep/f',
  'd',
  'd/deep',
  'new',
  'new/e/f.txt',
  'dangling',
  'x-link/inside',
)
const text = fc.constantFrom('', 'x', 'xx', 'ä\n', 'y'.repeat(3000), '\u0000', '🏰\r\n')
const step = fc.oneof(
  fc.record({
    tool: fc.constant('file_write'),
    path: name,
    content: text,
    mode: fc.constantFrom('create', 'overwrite', 'append'),
  }),
  fc.record({ tool: fc.constant('file_edit'), path: name, find: fc.constant('x'), replace: text, all: fc.boolean() }),
  fc.record({ tool: fc.constant('file_move'), from: name, to: name }),
  fc.record({ tool: fc.constant('file_delete'), path: name }),
  fc.record({ tool: fc.constant('trash_restore'), path: name }),
)

it(`undoing in reverse gives back the byte-identical start, in ${RUNS} sequences of changes`, {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      await using machine = await openMachine()
      await furnish(machine.workspace)
      const start = await picture(machine.workspace)
      const done: { tool: string; inverse: Inverse }[] = []
      for (const { tool, ...args } of steps) {
        const answer = await machine.call(tool, args).catch((error: { code?: string }) => {
          if (error.code === undefined) throw error
          return null
        })
        if (answer?.inverse) done.push({ tool, inverse: answer.inverse })
      }
      // Each undo is undone once too: that has to come out the same.
      for (const { tool, inverse } of done.reverse()) {
        const before = await picture(machine.workspace)
        const back = await machine.revert(tool, inverse)
        const after = await picture(machine.workspace)
        const again = await machine.revert(tool, back)
        expect(await picture(machine.workspace)).toEqual(before)
        await machine.revert(tool, again)
        expect(await picture(machine.workspace)).toEqual(after)
      }
      expect(await picture(machine.workspace)).toEqual(start)
    }),
    { numRuns: RUNS },
  )
})

async function furnish(workspace: string): Promise<void> {
  const at = (path: string) => join(workspace, path)
  await mkdir(at('d/deep'), { recursive: true })
  await writeFile(at('a.txt'), 'xyx')
  await utimes(at('a.txt'), 1_500_000_000, 1_500_000_000.25)
  await chmod(at('a.txt'), 0o604)
  await writeFile(at('binary'), Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))
  await writeFile(at('empty'), '')
  await writeFile(at('strange – ünï 名前.txt'), 'x name')
  await writeFile(at('d/c.txt'), 'x'.repeat(10))
  await writeFile(at('d/deep/f'), 'deep x')
  if (process.geteuid?.() === 0) await chown(at('d/c.txt'), 65_534, 12_345)
  await symlink('a.txt', at('link'))
  await lutimes(at('link'), 1_400_000_000, 1_400_000_000)
  await symlink('d', at('x-link'))
  await symlink('nowhere', at('dangling'))
  await writeFile(at('twin-1'), 'twin x')
  await link(at('twin-1'), at('d/twin-2'))
}

/** Every name, kind, content, link target, owner, mode, time (to the microsecond), and which names are one file. */
async function picture(folder: string): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  const twins = new Map<bigint, string>()
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const stats = await lstat(join(folder, path), { bigint: true })
    const owner = `${(stats.mode & 0o7777n).toString(8)} ${stats.uid}:${stats.gid}`
    const time = stats.mtimeNs / 1000n
    const twin = stats.nlink > 1n && !stats.isDirectory() ? ` is ${twins.get(stats.ino) ?? 'itself'}` : ''
    if (twin !== '' && !twins.has(stats.ino)) twins.set(stats.ino, path)
    if (stats.isDirectory()) seen[path] = `folder ${owner}`
    else if (stats.isSymbolicLink()) seen[path] = `link ${await readlink(join(folder, path))} ${owner} ${time}`
    else seen[path] = `file ${owner} ${time}${twin} ${(await readFile(join(folder, path))).toString('hex')}`
  }
  return seen
}
