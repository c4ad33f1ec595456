import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { certificateOptions, makeCertificate } from '../support/nixos/certificate.ts'
import { InstalledHost, installedHost } from '../support/nixos/installed-host.ts'

// Units start and stop; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })

const configuration = `services.castellan = {
  ${certificateOptions}
  operators.ada.publicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  routines.hourly = { everySeconds = 3600; calls = [ { tool = "system_health"; } ]; };
  policy.files."owner.cedar".text = ''
    @id("restart-nginx")
    permit (principal is Agent, action == Action::"service_restart", resource == Unit::"nginx.service");
  '';
  agents.main.title = "Main";
};`

/** Runs as this user, with the groups it has. */
const as = (user: string, command: string): string => `runuser -u ${user} -- sh -c ${JSON.stringify(command)}`

installedHost.describe('the module’s units on a host of systemd', () => {
  let host: InstalledHost

  beforeAll(async () => {
    host = await InstalledHost.install(configuration)
    await host.shell(makeCertificate)
    await host.start()
  })

  afterAll(() => host?.[Symbol.asyncDispose]())

  test('say that they are ready, and run as users of their own', async () => {
    const users = await host.shell(
      'for unit in agentd gateway engine airlock; do systemctl is-active castellan-$unit; ' +
        'stat -c %U /proc/$(systemctl show -P MainPID castellan-$unit); done',
    )
    expect(users.split(/\s+/).filter(Boolean)).toEqual([
      ...['active', 'root'],
      ...['active', 'castellan-gateway'],
      ...['active', 'castellan-engine'],
      ...['active', 'castellan-airlock'],
    ])
  })

  test('leave sockets to exactly those who have to get in', async () => {
    const modes = await host.shell('stat -c "%A %U:%G %n" /run/castellan*/*.sock')
    expect(modes.trim().split('\n')).toEqual([
      'srw------- castellan-airlock:castellan-gateway /run/castellan-airlock/agentd.sock',
      'srw-rw---- castellan-airlock:castellan-gateway /run/castellan-airlock/airlock.sock',
      'srw------- castellan-airlock:castellan-gateway /run/castellan-airlock/operator.sock',
      'srw-rw---- castellan-engine:castellan-gateway /run/castellan-engine/engine.sock',
      'srw-rw---- root:castellan-record /run/castellan-record/record.sock',
      'srw-rw---- castellan-gateway:www-data /run/castellan-web/gateway.sock',
      'srw-rw---- root:castellan /run/castellan/agent.sock',
      'srw------- root:castellan /run/castellan/operator.sock',
    ])
  })

  test('answer a question through agentctl, and the call is in the ledger', async () => {
    expect(await host.shell('agentctl chat "how full are my disks?"')).toContain('disk_usage')
    expect(await host.shell('agentctl ledger tail')).toContain('disk_usage')
    expect(await host.shell('agentctl verify-ledger')).toContain('The ledger is whole')
  })

  test('run a command behind its walls, out of agentd’s', async () => {
    expect(await host.shell('agentctl call command_run \'{"argv":["id","-u"]}\'')).toContain('id -u succeeded')
  })

  test('know what the configuration declares', async () => {
    expect(await host.shell('agentctl operator list')).toContain('ada')
    expect(await host.shell('agentctl call routine_list')).toContain('"createdBy": "configuration"')
    const question = `agentctl policy explain --tool service_restart --args '{"unit":"nginx.service"}' --mode assist`
    expect(await host.shell(question)).toContain('Rule restart-nginx permits it')
    await host.shell('systemctl reload castellan-agentd castellan-gateway')
    expect(await host.shell(question)).toContain('Rule restart-nginx permits it')
  })

  test('are reached by TLS through nginx, and nobody else speaks to the gateway in its name', async () => {
    const ask = 'curl -s --cacert /etc/tls/ca.pem --resolve castellan.test:443:127.0.0.1 -D -'
    const answer = await host.shell(`${ask} https://castellan.test/health`)
    expect(answer).toContain('HTTP/2 200')
    expect(answer.match(/strict-transport-security/g)).toHaveLength(1)
    // What a client says of itself is not passed on.
    await host.shell(`${ask} -H 'X-Forwarded-For: 203.0.113.7' https://castellan.test/api/v1/tools`)
    const log = 'journalctl -u castellan-gateway -o cat'
    await host.shell(`until ${log} | grep -q '"address":"127.0.0.1"'; do sleep 0.1; done`)
    expect(await host.shell(log)).not.toContain('203.0.113.7')
  })

  test('let nothing of the gateway’s and the engine’s leave, but the airlock’s', async () => {
    // A neighbour's address on a network that is there; whether anybody answers is not the question.
    await host.shell('ip addr add 192.0.2.1/24 dev host0 && ip link set host0 up')
    const dial = 'bash -c "echo > /dev/udp/192.0.2.2/53"'
    for (const user of ['castellan-gateway', 'castellan-engine']) {
      await expect(host.shell(as(user, dial))).rejects.toThrow(/Operation not permitted|refused|unreachable/)
    }
    for (const user of ['castellan-airlock', 'root']) await host.shell(as(user, dial))
    // A fresh connection to this host itself is one, too.
    await expect(host.shell(as('castellan-gateway', 'bash -c "echo > /dev/tcp/127.0.0.1/18789"'))).rejects.toThrow()
    // Without the table it is let through: nothing else of the host stood in its way.
    await host.shell('nft delete table inet castellan')
    await host.shell(as('castellan-gateway', dial))
    await host.shell('systemctl reload castellan-egress')
    await expect(host.shell(as('castellan-gateway', dial))).rejects.toThrow()
  })

  test('keep the engine stopped while agents are frozen', async () => {
    await host.shell('systemctl stop castellan-engine && mkdir -p /var/lib/castellan/agentd/emergency')
    await host.shell('touch /var/lib/castellan/agentd/emergency/frozen.json && systemctl start castellan-engine')
    expect((await host.shell('systemctl is-active castellan-engine || true')).trim()).toBe('inactive')
    await host.shell('rm /var/lib/castellan/agentd/emergency/frozen.json && systemctl start castellan-engine')
    expect((await host.shell('systemctl is-active castellan-engine')).trim()).toBe('active')
  })

  test('are started anew when they stand still', async () => {
    const impatient = '[Service]\\nWatchdogSec=3\\nTimeoutStopSec=1\\n'
    await host.shell(`mkdir -p /run/systemd/system/castellan-engine.service.d &&
      printf '${impatient}' > /run/systemd/system/castellan-engine.service.d/impatient.conf &&
      systemctl daemon-reload && systemctl restart castellan-engine`)
    await host.shell('kill -STOP $(systemctl show -P MainPID castellan-engine)')
    await host.shell('until [ "$(systemctl show -P NRestarts castellan-engine)" -gt 0 ]; do sleep 0.2; done')
    expect(await host.shell('journalctl -u castellan-engine -o cat')).toContain('Watchdog timeout')
  })

  test('are started anew when they fail, but not where only a person can help', async () => {
    const show = async (property: string) =>
      (await host.shell(`systemctl show -P ${property} castellan-airlock`)).trim()
    await host.shell('systemctl kill --signal=SIGKILL castellan-airlock')
    await host.shell(
      'until systemctl is-active -q castellan-airlock && [ "$(systemctl show -P NRestarts castellan-airlock)" -gt 0 ]; do sleep 0.2; done',
    )

    const wrong = '/run/systemd/system/castellan-airlock.service.d/wrong.conf'
    await host.shell(
      `mkdir -p $(dirname ${wrong}) && printf '[Service]\\nEnvironment=CASTELLAN_ALOW=[]\\n' > ${wrong} && systemctl daemon-reload`,
    )
    await expect(host.shell('systemctl restart castellan-airlock')).rejects.toThrow()
    expect([await show('ExecMainStatus'), await show('ActiveState')]).toEqual(['78', 'failed'])
    expect(await host.shell('journalctl -u castellan-airlock -o cat --no-pager -n 20')).toContain('CASTELLAN_ALOW')
    await host.shell(`rm ${wrong} && systemctl daemon-reload && systemctl start castellan-airlock`)
  })

  test('restart agentd when a switch changed it', async () => {
    const pid = async (unit: string): Promise<string> => (await host.shell(`systemctl show -P MainPID ${unit}`)).trim()
    const before = await pid('castellan-agentd')
    await host.shell('systemctl reload castellan-agentd-update')
    await host.shell(
      `until [ "$(systemctl show -P MainPID castellan-agentd)" != ${before} ] && systemctl is-active -q castellan-agentd; do sleep 0.1; done`,
    )
    expect(await pid('castellan-agentd')).not.toBe(before)
  })
})
