import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ledger, verifyLedger } from '@castellan/ledger'
import { requires } from '@castellan/testing'
import { afterAll, expect, test } from 'vitest'
import { fill, intent, tempFolder } from './support.ts'

const mounts: string[] = []
afterAll(() => {
  for (const folder of mounts) execFileSync('umount', ['-l', folder])
})

/** A file system of its own, 12 MiB; null where this user may not mount. */
async function smallDisk(): Promise<string | null> {
  const folder = await tempFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=0700', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return null
  }
  mounts.push(folder)
  return folder
}

const disk = await smallDisk()

requires.that(disk !== null, 'needs a user who may mount a tmpfs, such as root').describe('a disk of 12 MiB', () => {
  test('when full refuses entries with disk_full, keeps all that was acknowledged, and goes on once there is room', async () => {
    const at = {
      dir: join(disk as string, 'ledger'),
      keyDir: join(disk as string, 'keys'),
      origin: 'test.example/small',
    }
    const ledger = await Ledger.open(at)
    await fill(ledger, 300)
    await ledger.publish()
    let refused: { code?: string } = {}
    let acknowledged = ledger.size
    for (let i = 0; i < 40 && refused.code === undefined; i += 1) {
      await ledger.append(intent(i), { args: 'x'.repeat(1_000_000) }).then(
        ({ index }) => {
          acknowledged = index + 1
        },
        (error) => {
          refused = error
        },
      )
    }
    expect(refused.code).toBe('disk_full')
    expect(ledger.size).toBe(acknowledged)
    expect((await ledger.append(intent(1), { args: 'x'.repeat(1_000_000) }).catch((error) => error)).code).toBe(
      'disk_full',
    )
    expect(ledger.failure).toBeNull()
    const verdict = await verifyLedger(at)
    expect(verdict).toMatchObject({ findings: [], entries: acknowledged })
    execFileSync('mount', ['-o', 'remount,size=40m', disk as string])
    await ledger.append(intent(2), { args: 'x'.repeat(1_000_000) })
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [], entries: acknowledged + 1 })
  })

  test('mounted read-only refuses to open with read_only', async () => {
    const place = (await smallDisk()) as string
    const at = { dir: join(place, 'ledger'), keyDir: join(place, 'keys') }
    await (await Ledger.open(at)).close()
    await writeFile(join(place, 'marker'), '')
    execFileSync('mount', ['-o', 'remount,ro', place])
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'read_only' })
    expect((await verifyLedger(at)).ok).toBe(true)
  })
})
