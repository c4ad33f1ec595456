import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it, onTestFinished } from 'vitest'
import type { Sighting } from '../../src/incidents/sighting.ts'
import { Canaries, type CanaryOptions } from '../../src/integrity/canaries.ts'

async function plant(options: CanaryOptions = {}) {
  const path = join(temporaryFolder(), 'keys', 'recovery-codes.txt')
  const sightings: Sighting[] = []
  const canaries = new Canaries([path], (sighting) => void sightings.push(sighting), options)
  await canaries.start()
  onTestFinished(() => canaries.stop())
  return { path, canaries, sightings }
}

it('plants what looks worth reading, and nothing is wrong while nobody does', async () => {
  const { path, canaries, sightings } = await plant()
  expect(existsSync(path)).toBe(true)
  await canaries.look()
  expect(sightings).toEqual([])
})

it.for([
  { namesReaders: false, seen: { class: 'unauthorized_access' } },
  { namesReaders: true, seen: { class: 'unauthorized_access' } },
  { containReads: true, seen: { class: 'integrity_violation', severity: 'critical' } },
] as const)(
  'notices that one is read, by the means that it says it has: %o',
  async ({ seen, ...options }, { skip }) => {
    const { path, canaries, sightings } = await plant(options)
    const { means, reason } = canaries.status
    skip(means === 'none', `Reads cannot be noticed here: ${reason}. Debian's inotify-tools would do.`)
    execFileSync('cat', [path])
    await expect
      .poll(async () => {
        await canaries.look()
        return sightings.length
      })
      .toBeGreaterThan(0)
    expect(sightings[0]).toMatchObject(seen)
    if (!('severity' in seen)) expect(sightings[0]?.severity).toBeUndefined()
    expect(sightings[0]?.summary).toContain('was read')
    if (means === 'fanotify') expect(sightings[0]?.summary).toMatch(/by \S+ \(process \d+\)/)
  },
)

it.each([
  ['changed', (path: string) => writeFileSync(path, 'mine now')],
  ['removed', (path: string) => rmSync(path)],
])('notices that one is %s, and plants it again', async (_, tamper) => {
  const { path, canaries, sightings } = await plant()
  tamper(path)
  await canaries.look()
  expect(sightings.some(({ summary }) => /was changed|is gone/.test(summary))).toBe(true)
  expect(readFileSync(path, 'utf8')).toMatch(/^recovery code: /)
})

it('takes other rights, another name and a copy put back for no change', async () => {
  const { path, canaries, sightings } = await plant()
  chmodSync(path, 0o400)
  await canaries.look()
  linkSync(path, `${path}.link`)
  await canaries.look()
  const content = readFileSync(`${path}.link`)
  sightings.length = 0
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
  await canaries.look()
  expect(sightings.filter(({ summary }) => !summary.includes('was read'))).toEqual([])
  writeFileSync(path, 'mine now')
  await canaries.look()
  expect(sightings.some(({ summary }) => summary.includes('was changed'))).toBe(true)
})

it('notices at its start what was done while agentd was away', async () => {
  const { path, canaries } = await plant()
  canaries.stop()
  writeFileSync(path, 'mine now')
  const sightings: Sighting[] = []
  const again = new Canaries([path], (sighting) => void sightings.push(sighting))
  await again.start()
  onTestFinished(() => again.stop())
  expect(sightings).toMatchObject([{ summary: expect.stringContaining('not running') }])
})
