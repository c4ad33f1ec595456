import { afterAll, beforeAll, expect, it } from 'vitest'
import { throwawayHost } from '../../../../../tests/support/throwaway-host/host.ts'
import { Inside } from '../../support/inside.ts'

/** Units of a small web application: a server, what needs it, what starts it, and what only ever fails. */
const units: Readonly<Record<string, string>> = {
  'web.service': [
    '[Unit]',
    'Description=Serves pages',
    '[Service]',
    'ExecStart=sleep 600',
    'ExecReload=true',
    'Environment=LISTEN=8080 "API_TOKEN=abc def"',
    '[Install]',
    'WantedBy=multi-user.target',
  ].join('\n'),
  'pages.service': '[Unit]\nRequires=web.service\nAfter=web.service\n[Service]\nExecStart=sleep 600',
  'doomed.service': '[Service]\nExecStart=false',
  'rival.service': '[Unit]\nConflicts=dbus.service\n[Service]\nExecStart=sleep 600',
  'ending.service': '[Unit]\nWants=reboot.target\n[Service]\nExecStart=sleep 600',
  'base.service': '[Service]\nExecStart=sleep 600',
  'castellan-agentd.service': '[Unit]\nRequires=base.service\nAfter=base.service\n[Service]\nExecStart=sleep 600',
  'castellan-agentd.socket': '[Socket]\nListenStream=/run/castellan-test.sock',
  'nightly.service': '[Service]\nType=oneshot\nExecStart=true',
  'nightly.timer': '[Timer]\nOnCalendar=*-*-* 03:00:00',
}

throwawayHost.describe('the service tools, on a host that systemd runs', () => {
  let inside: Inside

  beforeAll(async () => {
    inside = await Inside.boot()
    const files = Object.entries(units).map(([name, text]) => `cat > /etc/systemd/system/${name} <<'END'\n${text}\nEND`)
    await inside.shell(
      [
        ...files,
        'mkdir -p /etc/systemd/system/web.service.d',
        "printf '[Service]\\nNice=5\\n' > /etc/systemd/system/web.service.d/nice.conf",
        'ln -s /dev/null /etc/systemd/system/masked.service',
        'ln -s /etc/shadow /etc/systemd/system/web.service.d/secret.conf',
        'ln -s web.service /etc/systemd/system/site.service',
        'systemctl daemon-reload',
        'systemctl start castellan-agentd.socket',
        'systemctl start web pages base castellan-agentd nightly.timer',
        "systemd-run --unit=steady --property='Description=Works all day' sleep 600",
        "systemd-run --unit=broken sh -c 'exit 3'",
        'while systemctl is-active --quiet broken; do :; done',
      ].join('\n'),
    )
  })
  afterAll(() => inside?.[Symbol.asyncDispose]())

  it('service_status shows a running service, and a failed one and how it ended', async () => {
    const [{ output, summary }, failed] = await inside.calls(
      ['service_status', { unit: 'steady' }],
      ['service_status', { unit: 'broken.service' }],
    )
    expect(failed.output).toMatchObject({ activeState: 'failed', result: 'exit-code', exitStatus: 3, mainPid: null })
    expect(failed.summary).toMatch(/^broken\.service failed since .+: exit-code, exit status 3\./)
    expect(output).toMatchObject({
      unit: 'steady.service',
      description: 'Works all day',
      activeState: 'active',
      subState: 'running',
      mainPid: expect.any(Number),
      since: expect.stringMatching(/Z$/),
      restarts: 0,
      canReload: false,
      transient: true,
    })
    expect(summary).toMatch(/^steady\.service is running since .+ UTC, main process \d+/)
  })

  it('a name that is nearly right is answered with what may have been meant', async () => {
    const tools = [
      'service_status',
      'service_start',
      'service_stop',
      'service_restart',
      'unit_read',
      'service_dependencies',
    ]
    const answers = await inside.steps(tools.map((name) => ({ name, args: { unit: 'stedy' } })))
    for (const { error } of answers) {
      expect(error).toMatchObject({
        code: 'unit_not_found',
        message: expect.stringContaining('Did you mean steady.service'),
      })
    }
  })

  it('service_list narrows by state and name', async () => {
    const [running, named, none] = await inside.calls(
      ['service_list', { state: 'running' }],
      ['service_list', { name: 'works ALL' }],
      ['service_list', { name: 'no-such' }],
    )
    const names = (running.output.services as { unit: string }[]).map(({ unit }) => unit)
    expect(names).toEqual(expect.arrayContaining(['steady.service', 'systemd-journald.service']))
    expect(names).not.toContain('broken.service')
    expect(named.summary).toBe(
      '1 service with "works ALL" in its name or description: steady.service (active, running).',
    )
    expect(none.summary).toMatch(/^There is no service with "no-such"/)
  })

  it('service_list pages without a gap, and says when none are left', async () => {
    const [all, first, rest, none] = await inside.calls(
      ['service_list', { name: 'systemd-journal' }],
      ['service_list', { name: 'systemd-journal', limit: 1 }],
      ['service_list', { name: 'systemd-journal', offset: 1 }],
      ['service_list', { name: 'systemd-journal', offset: 500 }],
    )
    const units = ({ output }: typeof all) => (output.services as { unit: string }[]).map(({ unit }) => unit)
    expect([...units(first), ...units(rest)]).toEqual(units(all))
    expect([all, first, rest, none].map(({ output }) => output.truncated)).toEqual([false, true, false, false])
    expect(none.summary).toMatch(/^The offset leaves out all there are \(\d+ services\)\.$/)
  })

  it('service_failed and system_health name what failed', async () => {
    const [failed, health] = await inside.calls(['service_failed'], ['system_health'])
    expect(failed.output.services).toEqual(
      expect.arrayContaining([expect.objectContaining({ unit: 'broken.service', exitStatus: 3 })]),
    )
    expect(failed.summary).toContain('broken.service (exit-code, exit status 3')
    expect(health.output).toMatchObject({
      verdict: expect.stringMatching(/warning|critical/),
      failedServices: expect.arrayContaining(['broken.service']),
    })
  })

  it('a stop is taken back, and so is taking it back', async () => {
    const [stopped, again, foreseen, , up, , down, moved, forced] = await inside.steps([
      { name: 'service_stop', args: { unit: 'web' } },
      { name: 'service_stop', args: { unit: 'web' } },
      { undo: 0, only: 'preview' },
      { undo: 0 },
      { name: 'service_status', args: { unit: 'web' } },
      { undo: 3 },
      { name: 'service_status', args: { unit: 'web' } },
      { undo: 3 },
      { undo: 3, force: true },
    ])
    expect(stopped).toMatchObject({
      output: { unit: 'web.service', changed: true, activeStateBefore: 'active', activeState: 'inactive' },
      summary: 'Stopped: web.service is inactive (dead).',
    })
    expect(again).toMatchObject({ output: { changed: false }, inverse: null })
    expect(foreseen?.effects).toEqual(['web.service is inactive now and would be started.'])
    expect(foreseen?.movedOn).toBeUndefined()
    expect(up?.output.activeState).toBe('active')
    expect(down?.output.activeState).toBe('inactive')
    expect(moved?.error).toMatchObject({ code: 'world_moved_on', message: expect.stringContaining('is inactive now') })
    expect(forced?.error).toBeUndefined()
    await inside.shell('systemctl start web pages')
  })

  it('a start that fails says so, and what starts and dies is not called running', async () => {
    const [started, masked] = await inside.steps([
      { name: 'service_start', args: { unit: 'doomed' } },
      { name: 'service_start', args: { unit: 'masked' } },
    ])
    expect(started).toMatchObject({ output: { activeState: 'failed', result: 'exit-code' } })
    expect(started?.summary).toContain('doomed.service has failed (exit-code)')
    expect(masked?.error).toMatchObject({ code: 'command_failed', message: expect.stringContaining('masked') })
  })

  it('a transient service that is stopped is gone, and nothing pretends that it can come back', async () => {
    await inside.shell('systemd-run --unit=passing sleep 600')
    const [preview, stopped] = await inside.steps([
      { name: 'service_stop', args: { unit: 'passing' }, only: 'preview' },
      { name: 'service_stop', args: { unit: 'passing' } },
    ])
    expect(preview?.undo).toContain('undo cannot bring it back')
    expect(stopped).toMatchObject({ output: { changed: true, activeState: 'inactive' }, inverse: null })
  })

  it('service_restart gives it a new process, service_reload keeps the old one', async () => {
    const [before, reloaded, restarted, unable, down] = await inside.steps([
      { name: 'service_status', args: { unit: 'web' } },
      { name: 'service_reload', args: { unit: 'web' } },
      { name: 'service_restart', args: { unit: 'web' } },
      { name: 'service_reload', args: { unit: 'pages' } },
      { name: 'service_reload', args: { unit: 'doomed' } },
    ])
    expect(reloaded?.output.mainPid).toBe(before?.output.mainPid)
    expect(restarted?.output.mainPid).not.toBe(before?.output.mainPid)
    expect(restarted?.summary).toMatch(/^Restarted: web\.service is running, main process \d+\.$/)
    expect(unable?.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('no way to reload') })
    expect(down?.error?.code).toBe('conflict')
  })

  it('the preview names what would stop along, and changes nothing', async () => {
    const [preview, status] = await inside.steps([
      { name: 'service_stop', args: { unit: 'web' }, only: 'preview' },
      { name: 'service_status', args: { unit: 'web' } },
    ])
    expect(preview?.effects).toEqual(
      expect.arrayContaining([expect.stringContaining('Stops web.service'), 'Stops with it: pages.service.']),
    )
    expect(status?.output.activeState).toBe('active')
  })

  it('policy sees the unit by its full name, whatever it is called', async () => {
    const answers = await inside.steps(
      ['web', 'web.service', 'site', 'site.service'].map((unit) => ({
        name: 'service_stop',
        args: { unit },
        only: 'resources' as const,
      })),
    )
    for (const answer of answers) expect(answer).toEqual([{ kind: 'unit', id: 'web.service', access: 'write' }])
  })

  it('what would end the host or Castellan is refused with a sentence, in the preview as well', async () => {
    const refused = [
      ['service_stop', 'castellan-agentd', 'part of Castellan itself'],
      ['service_stop', 'castellan-agentd.socket', 'part of Castellan itself'],
      ['service_restart', 'castellan-agentd', 'part of Castellan itself'],
      ['service_stop', 'base', 'would stop castellan-agentd.service as well'],
      ['service_restart', 'base', 'would restart castellan-agentd.service as well'],
      ['service_stop', 'systemd-journald', 'cannot be run without'],
      ['service_stop', 'systemd-journald.socket', 'cannot be run without'],
      ['service_stop', 'dbus', 'cannot be run without'],
      ['service_restart', 'dbus.socket', 'message bus'],
      ['service_start', 'rival', 'would stop dbus.service as well'],
      ['service_start', 'ending', 'To start ending.service would'],
      ['service_start', 'systemd-reboot', 'system_reboot'],
      ['service_restart', 'systemd-poweroff', 'system_shutdown'],
      ['service_start', 'reboot.target', 'only these are started'],
      ['service_stop', 'multi-user.target', 'only these are started'],
      ['service_stop', 'system.slice', 'only these are started'],
    ] as const
    const answers = await inside.steps(
      refused.flatMap(([name, unit]) => [
        { name, args: { unit } },
        { name, args: { unit }, only: 'preview' as const },
      ]),
    )
    expect(answers.map(({ error }) => error?.code)).toEqual(answers.map(() => 'forbidden'))
    for (const [index, [, , words]] of refused.entries()) {
      expect(answers[index * 2]?.error?.message).toContain(words)
      expect(answers[index * 2 + 1]?.error?.message).toContain(words)
    }
  })

  it('nobody is asked about what the name alone forbids', async () => {
    const units = ['castellan-agentd', 'castellan-agentd.socket', 'systemd-journald', 'dbus', 'reboot.target']
    const answers = await inside.steps(
      units.map((unit) => ({ name: 'service_stop', args: { unit }, only: 'resources' as const })),
    )
    expect(answers.map(({ error }) => error?.code)).toEqual(units.map(() => 'forbidden'))
  })

  it('agentd does not end the service that it runs in itself, however that is called', async () => {
    const within = ['systemd-run', '--unit=odd-name', '--wait', '--pipe', '--quiet', '--collect']
    const [stop] = await inside.steps([{ name: 'service_stop', args: { unit: 'odd-name' } }], within)
    expect(stop?.error).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('odd-name.service is part of'),
    })
  })

  it('unit_read shows the file and its drop-ins, secrets blanked, page by page', async () => {
    const [{ output, taints }, rest, masked] = await inside.calls(
      ['unit_read', { unit: 'web' }],
      ['unit_read', { unit: 'web', offset: 10 }],
      ['unit_read', { unit: 'masked' }],
    )
    expect(output.files).toEqual([
      { path: '/etc/systemd/system/web.service', kind: 'unit' },
      { path: '/etc/systemd/system/web.service.d/nice.conf', kind: 'drop-in' },
    ])
    expect(output.text).toContain('ExecStart=sleep 600')
    expect(output.text).toContain('Nice=5')
    expect(output.text).toContain('LISTEN=8080')
    expect(output.text).not.toContain('abc def')
    expect(taints).toEqual(['untrusted-text'])
    expect(rest.output.text).toBe((output.text as string).slice(10))
    expect(masked.summary).toContain('has no file')
  })

  it('timer_list tells what fires next', async () => {
    const [{ output, summary }] = await inside.calls(['timer_list', { name: 'nightly' }])
    expect(output.timers).toEqual([
      { timer: 'nightly.timer', unit: 'nightly.service', next: expect.stringMatching(/T03:00:00/), last: null },
    ])
    expect(summary).toMatch(
      /^1 timer with "nightly" in its name, by when they fire next: nightly\.timer \(.+ 03:00 UTC\)\.$/,
    )
  })

  it('service_dependencies tells both directions, and what stopping would take along', async () => {
    const [{ output, summary }] = await inside.calls(['service_dependencies', { unit: 'web' }])
    expect(output).toMatchObject({
      unit: 'web.service',
      requiredBy: ['pages.service'],
      stopsWithIt: ['pages.service'],
      truncated: false,
    })
    expect(summary).toContain('is needed by pages.service')
    expect(summary).toContain('Stopping it would stop pages.service.')
  })
})
