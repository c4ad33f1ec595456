import { afterAll, beforeAll, expect, it } from 'vitest'
import { throwawayHost } from '../../../../../tests/support/throwaway-host/host.ts'
import { Inside } from '../../support/inside.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

throwawayHost.describe('the system tools, on a host that systemd runs', () => {
  let inside: Inside

  beforeAll(async () => {
    inside = await Inside.boot()
    await inside.shell(
      [
        "printf '[Socket]\\nListenStream=127.0.0.1:7007\\n' > /etc/systemd/system/waiting.socket",
        "printf '[Service]\\nExecStart=sleep 60\\n' > /etc/systemd/system/waiting.service",
        'systemctl daemon-reload',
        'systemctl start waiting.socket',
        'systemd-run --unit=site perl -MIO::Socket::INET -e \'my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 8088, Listen => 5) or die; sleep 600\'',
        'for i in $(seq 2400); do grep -q :1F98 /proc/net/tcp && break; sleep 0.05; done',
      ].join('\n'),
    )
  })
  afterAll(() => inside?.[Symbol.asyncDispose]())

  it('system_discover puts services, ports and programs together, socket units included', async () => {
    const [{ output, summary, taints }, only] = await inside.calls(
      ['system_discover'],
      ['system_discover', { listening: true }],
    )
    expect(output.servicesNote).toBeNull()
    expect(output.services).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ unit: 'site.service', processes: ['perl'], reachable: 'network', state: 'running' }),
        expect.objectContaining({ unit: 'waiting.service', reachable: 'this machine' }),
        expect.objectContaining({ unit: 'systemd-journald.service', reachable: 'not at all', ports: [] }),
      ]),
    )
    expect(summary).toContain('Reached from the network: site.service (port 8088)')
    expect(taints).toEqual(['untrusted-text'])
    expect((only.output.services as { unit: string }[]).map(({ unit }) => unit)).not.toContain(
      'systemd-journald.service',
    )
  })

  it('login_list reads the host’s own records; time_status says who keeps the clock', async () => {
    const [logins, time] = await inside.calls(['login_list'], ['time_status'])
    expect(logins.output).toMatchObject({ present: [], failedLastDay: 0 })
    expect(time.output).toMatchObject({ synchronized: expect.any(Boolean), timeZone: expect.any(String) })
  })

  it('kernel_parameter_set sets the kernel’s own parameter, and says where it may only be read', async () => {
    const name = 'net.ipv4.conf.lo.log_martians'
    const [set, now, undone, after, refused, clamped] = await inside.steps([
      { name: 'kernel_parameter_set', args: { name, value: '1' } },
      { name: 'kernel_parameter_get', args: { name } },
      { undo: 0 },
      { name: 'kernel_parameter_get', args: { name } },
      { name: 'kernel_parameter_set', args: { name: 'vm.swappiness', value: '11' } },
      { name: 'kernel_parameter_set', args: { name: 'net.ipv4.ip_default_ttl', value: '9999' } },
    ])
    expect(set?.output).toMatchObject({ before: '0', value: '1' })
    expect(now?.output.parameters).toEqual([{ name, value: '1' }])
    expect(undone?.error).toBeUndefined()
    expect(after?.output.parameters).toEqual([{ name, value: '0' }])
    expect(refused?.error).toMatchObject({ code: 'unsupported_host', message: expect.stringContaining('only be read') })
    expect(clamped?.error).toMatchObject({ code: 'invalid_arguments', message: expect.stringContaining('9999') })
  })

  it('system_reboot is scheduled, once, and can be called off until then', async () => {
    const reason = 'a 100 % new kernel "6.12" $(true)'
    const [preview, scheduled, again, shutdown, off, gone] = await inside.steps([
      { name: 'system_reboot', args: { reason, delaySeconds: 3600 }, only: 'preview' },
      { name: 'system_reboot', args: { reason, delaySeconds: 3600 } },
      { name: 'system_reboot', args: { reason } },
      { name: 'system_shutdown', args: { reason } },
      { name: 'service_stop', args: { unit: 'castellan-reboot.timer' } },
      { name: 'service_status', args: { unit: 'castellan-reboot.timer' } },
    ])
    expect(preview?.effects).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Restarts the machine in 1 hour, at .+ UTC: \d+ running services stop/),
        `Reason: ${reason}`,
      ]),
    )
    expect(scheduled).toMatchObject({ output: { delaySeconds: 3600, timer: 'castellan-reboot.timer', reason } })
    for (const refused of [again, shutdown]) {
      expect(refused?.error).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('castellan-reboot.timer'),
      })
    }
    expect(off?.output).toMatchObject({ changed: true, activeState: 'inactive' })
    expect(gone?.error?.code).toBe('unit_not_found')
  })

  it('a dollar sign in the reason stays one', async () => {
    await inside.calls(['system_reboot', { reason: 'for $PATH', delaySeconds: 3600 }])
    const command = await inside.shell('systemctl show castellan-reboot.service --property=ExecStart --value')
    expect(command).toContain('--message=for $$PATH reboot')
    await inside.shell('systemctl stop castellan-reboot.timer')
  })

  it('what the timer starts is the reboot that was asked for, with its reason as one word', async () => {
    const reason = 'new kernel; reboot --force "now"'
    await inside.calls(['system_reboot', { reason, delaySeconds: 3600 }])
    const command = await inside.shell('systemctl show castellan-reboot.service --property=ExecStart --value')
    expect(command).toContain(`argv[]=/usr/bin/systemctl --no-ask-password --message=${reason} reboot ;`)
    await inside.shell('systemctl stop castellan-reboot.timer')
  })

  it('system_shutdown answers first, and then the machine goes', async () => {
    const [answer] = await inside.calls(['system_shutdown', { reason: 'end of the test', delaySeconds: 5 }])
    expect(answer.summary).toMatch(/^The machine turns off in 5 seconds, at /)
    await inside.host.gone()
  })
})
