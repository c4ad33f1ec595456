import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { Integrity } from '../../src/integrity/integrity.ts'

function world() {
  const folder = temporaryFolder()
  const watched = join(folder, 'watched')
  mkdirSync(join(watched, 'bin'), { recursive: true })
  writeFileSync(join(watched, 'bin/tool'), 'one\n')
  writeFileSync(join(watched, 'policy'), 'permit\n')
  symlinkSync('bin/tool', join(watched, 'link'))
  const violations: string[] = []
  const file = join(folder, 'integrity.json')
  const integrity = new Integrity({
    file,
    key: Buffer.alloc(32, 7),
    watched: [watched, join(folder, 'not-there')],
    onViolation: (subject) => violations.push(subject),
  })
  const signal = AbortSignal.timeout(10_000)
  return { watched, file, integrity, violations, signal }
}

it('says that there is no baseline before one was taken', async () => {
  const { integrity, signal } = world()
  expect(await integrity.check(signal)).toMatchObject({ state: 'none', findings: [] })
})

it('finds nothing where nothing changed', async () => {
  const { integrity, violations, signal } = world()
  const taken = await integrity.takeBaseline('operator', signal)
  expect(await integrity.check(signal)).toMatchObject({
    state: 'intact',
    baselineDigest: taken.baselineDigest,
    files: 5,
  })
  expect(violations).toEqual([])
})

it.each([
  ['a changed byte', (at: string) => writeFileSync(join(at, 'policy'), 'forbid\n'), 'policy', 'changed'],
  ['changed rights', (at: string) => chmodSync(join(at, 'policy'), 0o666), 'policy', 'changed'],
  ['a file more', (at: string) => writeFileSync(join(at, 'bin/new'), ''), 'bin/new', 'added'],
  ['a file less', (at: string) => rmSync(join(at, 'bin/tool')), 'bin/tool', 'missing'],
  [
    'a link that leads elsewhere',
    (at: string) => {
      rmSync(join(at, 'link'))
      symlinkSync('/etc/shadow', join(at, 'link'))
    },
    'link',
    'changed',
  ],
])('finds %s, and it is an incident', async (_, tamper, path, what) => {
  const { integrity, watched, violations, signal } = world()
  await integrity.takeBaseline('operator', signal)
  tamper(watched)
  const report = await integrity.check(signal)
  expect(report.state).toBe('violated')
  expect(report.findings).toContainEqual({ path: join(watched, path), what })
  expect(violations).toEqual(['files'])
})

it('does not believe a baseline that somebody else wrote', async () => {
  const { integrity, watched, file, violations, signal } = world()
  await integrity.takeBaseline('operator', signal)
  writeFileSync(join(watched, 'policy'), 'forbid\n')
  const forged = new Integrity({ file, key: Buffer.alloc(32, 8), watched: [watched], onViolation: () => {} })
  await forged.takeBaseline('operator', signal)
  expect(await integrity.check(signal)).toMatchObject({ state: 'damaged' })
  expect(violations).toEqual(['baseline'])
  writeFileSync(file, readFileSync(file).subarray(0, 100))
  expect(await integrity.check(signal)).toMatchObject({ state: 'damaged' })
})
