import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import { waitingProgram } from '../../../../tests/support/throwaway-host/waiting-program.ts'
import { HostedAgentd } from '../support/hosted-agentd.ts'

throwawayHost.describe('apps, on a host that systemd runs', () => {
  let agentd: HostedAgentd

  beforeAll(async () => {
    agentd = await HostedAgentd.start()
  })
  afterAll(() => agentd?.[Symbol.asyncDispose]())

  const sh = async (script: string) => (await agentd.host.run(['sh', '-c', script])).stdout.trim()
  const shell = (name: string, script: string, rest = {}) =>
    ['app_deploy', { name, argv: ['/bin/sh', '-c', script], ...rest }] as const

  describe('an app', () => {
    it('runs behind its walls, with the very arguments, files and limits it was given', async () => {
      const script = 'printf "%s|" "$1" "$2" >$HOME/said; cat /app/hello.txt >>$HOME/said; exec sleep 1000'
      const argv = ['/bin/sh', '-c', script, 'sh', '100% $HOME "x"', 'ü\ttab']
      const limits = { memoryBytes: 64 * 1024 * 1024, cpuPercent: 50, tasks: 32 }
      const [, deployed] = await agentd.calls(
        ['file_write', { path: 'site/hello.txt', content: 'hello\n' }],
        ['app_deploy', { name: 'walled', argv, source: 'site', environment: { GREETING: 'a b' }, ...limits }],
      )
      expect(deployed.error).toBeUndefined()
      expect(deployed.result.app).toMatchObject({
        activeState: 'active',
        wanted: 'running',
        memoryLimitBytes: 67_108_864,
      })
      await sh('until [ -s /var/lib/private/castellan-app-walled/said ]; do sleep 0.05; done')
      expect(await sh('cat /var/lib/private/castellan-app-walled/said')).toBe('100% $HOME "x"|ü\ttab|hello')
      const shown = await sh(
        'systemctl show castellan-app-walled -p MemoryMax -p TasksMax -p CPUQuotaPerSecUSec -p DynamicUser -p NoNewPrivileges -p Environment',
      )
      expect(shown.split('\n').sort()).toEqual([
        'CPUQuotaPerSecUSec=500ms',
        'DynamicUser=yes',
        'Environment=HOME=/var/lib/castellan-app-walled "GREETING=a b"',
        'MemoryMax=67108864',
        'NoNewPrivileges=yes',
        'TasksMax=32',
      ])
    })

    it('is denied what an app has no business with, which root may do here', async () => {
      const attempts = {
        'agentd’s state': 'ls /var/lib/castellan',
        'agentd’s sockets': 'ls /run/castellan/agent.sock',
        'writing /etc': 'touch /etc/x',
        'a name space': 'unshare -U true',
        'being root': '[ $(id -u) = 0 ]',
        'the shadow file': 'cat /etc/shadow',
        'seeing others’ processes': 'ls /proc/1/cmdline',
      }
      const probes = Object.values(attempts).map((attempt) => `(${attempt}) >/dev/null 2>&1 && echo yes || echo no`)
      const outside = (await sh(probes.join('\n'))).split('\n')
      expect(outside).toEqual(Object.keys(attempts).map(() => 'yes'))
      const file = '/var/lib/private/castellan-app-denied/got'
      await agentd.calls([
        ...shell('denied', `(${probes.join('\n')}) >$HOME/draft; mv $HOME/draft $HOME/got; exec sleep 1000`),
      ])
      await sh(`until [ -e ${file} ]; do sleep 0.05; done`)
      const inside = (await sh(`cat ${file}`)).split('\n')
      expect(Object.fromEntries(Object.keys(attempts).map((name, index) => [name, inside[index]]))).toEqual(
        Object.fromEntries(Object.keys(attempts).map((name) => [name, 'no'])),
      )
      await agentd.calls(['app_remove', { name: 'denied', state: true }])
      expect(await sh('ls /var/lib/private | grep -c castellan-app-denied || true')).toBe('0')
    })

    it('that does not start leaves the one before running, and says why', async () => {
      const [, failed, listed] = await agentd.calls(
        [...shell('careful', 'exec sleep 1000', { description: 'the first' })],
        ['app_deploy', { name: 'careful', argv: ['/no/such/program'] }],
        ['app_list'],
      )
      expect(failed).toMatchObject({ ok: false, error: { code: 'command_failed' } })
      const careful = (listed.result.apps as { name: string }[]).find(({ name }) => name === 'careful')
      expect(careful).toMatchObject({ description: 'the first', activeState: 'active' })
    })

    it('is put back by undo as it was before each act', async () => {
      const state = ['app_list', { limit: 64 }] as const
      const [, , , , second, , back, , gone, , none] = await agentd.calls(
        [...shell('undone', 'exec sleep 1001')],
        [...shell('undone', 'exec sleep 1002')],
        ['app_stop', { name: 'undone' }],
        ['undo', { index: -1 }],
        [...state],
        ['undo', { index: -4 }],
        [...state],
        ['undo', { index: -7 }],
        [...state],
        ['undo', { index: -2 }],
        [...state],
      )
      const app = (answer: { result: Record<string, unknown> }) =>
        (answer.result.apps as { name: string; argv: string[]; activeState: string }[]).find(
          ({ name }) => name === 'undone',
        )
      expect(app(second)).toMatchObject({ argv: ['/bin/sh', '-c', 'exec sleep 1002'], activeState: 'active' })
      expect(app(back)).toMatchObject({ argv: ['/bin/sh', '-c', 'exec sleep 1001'], activeState: 'active' })
      expect(app(gone)).toBeUndefined()
      expect(app(none)).toMatchObject({ argv: ['/bin/sh', '-c', 'exec sleep 1001'], activeState: 'active' })
    })

    it('is started again by agentd after a boot, unless it was stopped', async () => {
      await agentd.calls(
        [...shell('kept', 'exec sleep 1003')],
        [...shell('idle', 'exec sleep 1004')],
        ['app_stop', { name: 'idle' }],
      )
      await agentd.stopAgentd()
      // What a boot leaves of transient units.
      await sh(
        'systemctl stop castellan-app-kept castellan-app-walled castellan-app-careful castellan-app-undone; systemctl reset-failed || true',
      )
      await agentd.startAgentd()
      await sh('until systemctl is-active --quiet castellan-app-kept; do sleep 0.05; done')
      expect(await sh('systemctl is-active castellan-app-idle || true')).toBe('inactive')
    })

    it('is listed with its user and what it uses, down to the port that it waits on', async () => {
      await agentd.calls(['app_deploy', { name: 'waiting', argv: waitingProgram(4180, 'up') }])
      await sh('until [ -e /var/lib/private/castellan-app-waiting/up ]; do sleep 0.05; done')
      const [listed] = await agentd.calls(['app_list'])
      expect(listed.result.unsupported).toBeNull()
      const waiting = (listed.result.apps as { name: string }[]).find(({ name }) => name === 'waiting')
      expect(waiting).toMatchObject({
        user: 'castellan-app-waiting',
        cpuPercent: expect.any(Number),
        ports: [{ protocol: 'tcp', address: '127.0.0.1', port: 4180 }],
      })
      // systemd lists the users that it made.
      expect(await sh('ls /run/systemd/dynamic-uid')).toContain('direct:castellan-app-waiting')
    })

    it('has its words in app_logs', async () => {
      const [, , logs] = await agentd.calls(
        [...shell('talker', 'echo "one two"; exec sleep 1000')],
        ['app_restart', { name: 'talker' }],
        ['app_logs', { name: 'talker' }],
      )
      const messages = (logs.result.entries as { message: string }[]).map(({ message }) => message)
      expect(messages).toContain('one two')
    })
  })
})
