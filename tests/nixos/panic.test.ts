import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { InstalledHost, installedHost } from '../support/nixos/installed-host.ts'

// Units start and stop; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })

const token = `cst_${'k'.repeat(43)}`
const call = `curl -s --unix-socket /run/castellan/agent.sock http://agentd/v1/calls -H 'content-type: application/json' -d '${JSON.stringify(
  {
    call_id: 'call_0000000000000000',
    session: 'ses_0000000000000000',
    agent: 'main',
    tool: 'disk_usage',
    args: {},
  },
)}'`

installedHost.describe('an emergency on a host of systemd', () => {
  let host: InstalledHost
  const states = async (): Promise<string> =>
    (
      await host.shell(
        'for unit in agentd gateway engine airlock; do systemctl is-active castellan-$unit || true; done',
      )
    ).replaceAll('\n', ' ')

  beforeAll(async () => {
    host = await InstalledHost.install()
    // The owner's own token, as install.sh leaves it before there is a user of the gateway's.
    const parts = '/opt/castellan/source/scripts/install'
    await host.script(
      `owner_token=${token}; . ${parts}/base.sh; . ${parts}/ask.sh; keep_token "$gateway_state"; ls -l $gateway_state`,
    )
    await host.start()
  })

  afterAll(() => host?.[Symbol.asyncDispose]())

  test('begins with the owner’s token, where install.sh was given one', async () => {
    expect(await host.shell('stat -c "%a %U" /var/lib/castellan-gateway/token')).toBe('600 castellan-gateway\n')
    const asked = await host.shell(
      `curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer ${token}' http://127.0.0.1:18789/api/v1/agents`,
    )
    expect(asked).toBe('200')
  })

  test('level 1 stops engine and airlock, and they start again with the thaw', async () => {
    await host.shell('agentctl panic --reason "a test"')
    expect(await states()).toBe('active active inactive inactive ')
    expect(await host.shell(call)).toContain('agents_frozen')
    await host.shell('systemctl start castellan-engine castellan-airlock')
    expect(await states()).toBe('active active inactive inactive ')
    await host.shell('agentctl thaw')
    expect(await states()).toBe('active active active active ')
  })

  test('level 2 starts the gateway anew, also where agentd is gone', async () => {
    const gateway = async () => (await host.shell('systemctl show -P MainPID castellan-gateway')).trim()
    const before = await gateway()
    await host.shell('systemctl stop castellan-agentd')
    await host.shell('agentctl panic 2')
    expect(await gateway()).not.toBe(before)
    await host.shell('systemctl start castellan-agentd')
    expect(await host.shell(call)).toContain('agents_frozen')
    expect(await states()).toBe('active active inactive inactive ')
    await host.shell('agentctl thaw')
  })

  test('level 3 leaves no key behind, and what starts after it begins anew', async () => {
    const sealed = '/etc/credstore.encrypted/castellan-gateway-kek'
    const before = await host.shell(`cat ${sealed} | sha256sum`)
    await host.shell('agentctl panic 3 --host-name $(cat /proc/sys/kernel/hostname) --no-export')
    expect(await states()).toBe('inactive inactive inactive inactive ')
    const left = await host.shell(
      `find /var/lib/castellan /var/lib/castellan-gateway /var/lib/castellan-airlock /etc/credstore.encrypted -type f`,
    )
    expect(
      left
        .trim()
        .split('\n')
        .filter((path) => !/\/(?:emergency|logs|policy|workspace)\//.test(path)),
    ).toEqual([])
    await host.start()
    await host.shell('agentctl thaw')
    expect(await states()).toBe('active active active active ')
    expect(await host.shell(`cat ${sealed} | sha256sum`)).not.toBe(before)
    expect(await host.shell('agentctl ledger tail')).toContain('state_wiped')
  })
})
