import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { readFolder } from '../../src/policy/folder.ts'

const rule = '@id("a") permit (principal, action, resource);'
let folder: string

beforeEach(() => {
  const parent = mkdtempSync(join(tmpdir(), 'cst-policy-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  folder = join(parent, 'policy')
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'a.cedar'), rule, { mode: 0o600 })
})

const complaint = () =>
  readFolder(folder).then(
    () => 'none',
    (error: Error) => error.message,
  )

test('rule files are read by name, and nothing else in the folder', async () => {
  writeFileSync(join(folder, 'b.cedar'), rule)
  for (const name of ['.hidden.cedar', 'notes.txt', 'a.cedar.new', 'a.test.json'])
    writeFileSync(join(folder, name), 'x')
  expect((await readFolder(folder)).map(({ name }) => name)).toEqual(['a.cedar', 'b.cedar'])
})

test('where there is no folder there are no rules', async () => {
  expect(await readFolder(join(folder, 'none'))).toEqual([])
})

test('a file that others can write is refused', async () => {
  chmodSync(join(folder, 'a.cedar'), 0o664)
  expect(await complaint()).toMatch(/a\.cedar: it can be written by its group or by everybody; say `chmod go-w/)
})

test('a folder that others can write is refused, also one above', async () => {
  chmodSync(folder, 0o770)
  expect(await complaint()).toMatch(/the folder can be written/)
  chmodSync(folder, 0o700)
  chmodSync(join(folder, '..'), 0o707)
  expect(await complaint()).toMatch(/the folder can be written/)
})

test('a link to the folder is only as good as every folder that it lies in or leads through', async () => {
  const way = join(folder, '..', 'way')
  mkdirSync(way, { mode: 0o700 })
  symlinkSync(folder, join(way, 'inner'))
  symlinkSync('way/inner', join(folder, '..', 'outer'))
  const real = folder
  folder = join(folder, '..', 'outer')
  expect(await complaint()).toBe('none')
  chmodSync(way, 0o777)
  expect(await complaint()).toMatch(/way: the folder can be written/)
  folder = join(way, 'inner')
  expect(await complaint()).toMatch(/way: the folder can be written/)
  folder = real
  expect(await complaint()).toBe('none')
})

test('a link that leads nowhere is no policy that was left out', async () => {
  symlinkSync(join(folder, 'gone'), join(folder, '..', 'link'))
  folder = join(folder, '..', 'link')
  expect(await complaint()).toMatch(/it is a link that leads nowhere/)
})

test('a symbolic link is refused wherever it leads', async () => {
  symlinkSync(join(folder, 'a.cedar'), join(folder, 'b.cedar'))
  expect(await complaint()).toMatch(/b\.cedar: it is a symbolic link/)
})

test('what is no file of text is refused and holds nobody up', async () => {
  mkdirSync(join(folder, 'b.cedar'))
  writeFileSync(join(folder, 'c.cedar'), Buffer.from([0xff, 0xfe]))
  writeFileSync(join(folder, 'd.cedar'), 'x'.repeat(600_000))
  const said = await complaint()
  expect(said).toMatch(/b\.cedar: it is no regular file/)
  expect(said).toMatch(/c\.cedar: it is not UTF-8/)
  expect(said).toMatch(/d\.cedar: it is larger than 512 KiB/)
})
