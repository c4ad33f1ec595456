import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { AppFile } from '../../src/apps/app.ts'
import { Apps, type AppsParts } from '../../src/apps/apps.ts'
import { systemdRuns } from '../../src/host/systemctl.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { appList } from '../../src/tools/apps/app_list.ts'

/** Neither files nor systemd are reached: each refusal comes first. */
async function open(): Promise<Apps> {
  const folder = temporaryFolder()
  const file = new StateFile(join(folder, 'apps.json'), AppFile)
  return Apps.open({ file, releases: join(folder, 'releases') } as AppsParts)
}

describe.skipIf(await systemdRuns())('apps, on a host that systemd does not run', () => {
  const signal = AbortSignal.timeout(120_000)

  it.each([
    ['state', (apps: Apps) => apps.state('web', signal)],
    ['start', (apps: Apps) => apps.start('web', signal)],
    ['stop', (apps: Apps) => apps.stop('web', signal)],
    ['restart', (apps: Apps) => apps.restart('web', signal)],
    ['remove', (apps: Apps) => apps.remove('web', true, signal)],
    ['restore', (apps: Apps) => apps.restore('web', null, signal)],
  ])('%s is refused as unsupported, not as an app that is missing', async (_, act) => {
    await expect(act(await open())).rejects.toMatchObject({ code: 'unsupported_host' })
  })

  it('lists none', async () => {
    const apps = await open()
    expect(apps.kept()).toEqual([])
    expect(await apps.use([], signal)).toEqual([])
    expect(await apps.unsupported()).toMatch(/not run by systemd .* On NixOS/)
    expect(appList.summary({ apps: [], total: 0, truncated: false, unsupported: null } as never, {} as never)).toBe(
      'No app is deployed.',
    )
  })
})
