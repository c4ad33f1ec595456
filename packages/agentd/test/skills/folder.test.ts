import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { openSkills, putSkill, skillText } from '../support/skills.ts'

const signal = new AbortController().signal
const owner = (path: string) => ({ path, origin: 'owner' as const })

async function read(...paths: string[]) {
  const { skills } = await openSkills(paths.map(owner))
  const all = await skills.all(signal)
  return { names: all.skills.map(({ name }) => name), reasons: all.refused.map(({ reason }) => reason), ...all }
}

it('reads a folder anew each time, and whatever is bad keeps nobody from the rest', async () => {
  const folder = temporaryFolder()
  const outside = temporaryFolder()
  putSkill(folder, 'good')
  putSkill(outside, 'stolen')
  writeFileSync(join(folder, 'README.md'), 'no skill')
  mkdirSync(join(folder, 'empty'))
  mkdirSync(join(folder, '.git'))
  symlinkSync(join(outside, 'stolen'), join(folder, 'stolen'))
  mkdirSync(join(folder, 'linked'))
  symlinkSync('/etc/passwd', join(folder, 'linked/SKILL.md'))
  mkdirSync(join(folder, 'waiting'))
  execFileSync('mkfifo', [join(folder, 'waiting/SKILL.md')])
  mkdirSync(join(folder, 'device'))
  symlinkSync('/dev/zero', join(folder, 'device/SKILL.md'))
  putSkill(folder, 'binary', Buffer.from([0xff, 0xfe, 0x00]))
  putSkill(folder, 'huge', `${skillText('huge')}${'x'.repeat(70_000)}`)
  putSkill(folder, 'renamed', skillText('other-name'))
  putSkill(folder, 'broken', '---\nname: [\n---\ntext')
  const { skills } = await openSkills([owner(folder)])
  const { skills: found, refused } = await skills.all(signal)
  expect(found.map(({ name }) => name)).toEqual(['good'])
  const why = Object.fromEntries(refused.map(({ where, reason }) => [where.split('/').at(-2), reason]))
  expect(why).toMatchObject({
    stolen: expect.stringContaining('leads out of the folder'),
    linked: expect.stringContaining('leads out of the folder'),
    device: expect.stringContaining('leads out of the folder'),
    waiting: expect.stringContaining('not a regular file'),
    binary: expect.stringContaining('not UTF-8'),
    huge: expect.stringContaining('64 KiB'),
    renamed: expect.stringContaining('calls itself other-name'),
    broken: expect.stringContaining('not YAML'),
  })
  expect(refused).toHaveLength(8)
  putSkill(folder, 'later')
  expect((await skills.all(signal)).skills.map(({ name }) => name)).toEqual(['good', 'later'])
  await expect(skills.find('huge', signal)).rejects.toThrow(/huge.*64 KiB/)
  await expect(skills.find('latr', signal)).rejects.toThrow(/Did you mean later/)
})

it('takes a name once: who comes later is refused', async () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()]
  putSkill(first, 'same')
  putSkill(second, 'same', skillText('same', 'Another.'))
  const { skills, refused } = await read(first, second)
  expect(skills.map(({ text }) => text)).toEqual([skillText('same')])
  expect(refused).toMatchObject([{ where: join(second, 'same/SKILL.md'), reason: expect.stringContaining(first) }])
})

it('tells of a folder that is not there, and reads the others', async () => {
  const folder = temporaryFolder()
  putSkill(folder, 'good')
  expect(await read('/nowhere/skills', folder)).toMatchObject({
    names: ['good'],
    reasons: ['The folder cannot be read (ENOENT).'],
  })
})

it('knows what others than the owner may have written', async () => {
  const folder = temporaryFolder()
  putSkill(folder, 'mine')
  chmodSync(putSkill(folder, 'anybodys'), 0o666)
  chmodSync(join(putSkill(folder, 'replaceable'), '..'), 0o777)
  const { skills } = await read(folder)
  expect(skills.map(({ name, untrusted }) => [name, untrusted])).toEqual([
    ['anybodys', true],
    ['mine', false],
    ['replaceable', true],
  ])
})
