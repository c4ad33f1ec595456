import { describe, expect, it } from 'vitest'
import { parseServices } from '../../../src/host/cgroup.ts'
import { whyProtected } from '../../../src/tools/services/protection.ts'
import { blankUnitSecrets } from '../../../src/tools/services/unit_read.ts'

describe('what no tool may do', () => {
  it.each([
    ['stop', 'castellan-switch-guard.timer'],
    ['start', 'castellan-switch-guard.service'],
    ['reload', 'castellan-gateway.service'],
    ['stop', 'castellan.service'],
    ['stop', 'castellan-app-blog.service'],
    ['start', 'emergency.service'],
    ['start', 'debug-shell.service'],
    ['stop', 'session-1.scope'],
    ['stop', 'home.mount'],
    ['stop', 'systemd-journald@other.service'],
  ] as const)('%s %s', (verb, unit) => {
    expect(whyProtected(verb, unit, [])).toMatch(/\.$/)
  })

  it.each([
    ['restart', 'systemd-journald.service'],
    ['stop', 'castellan-reboot.timer'],
    ['stop', 'ssh.service'],
    ['restart', 'sshd.service'],
    ['stop', 'castellano.service'],
    ['start', 'web.socket'],
    ['restart', 'castellan-app-blog.service'],
  ] as const)('but %s %s may be asked for', (verb, unit) => {
    expect(whyProtected(verb, unit, [])).toBeNull()
  })
})

describe('control groups', () => {
  it('name the services a process is in, in both layouts', () => {
    expect(parseServices('0::/system.slice/web.service\n')).toEqual(['web.service'])
    expect(parseServices('9:name=systemd:/system.slice/web.service\n0::/\n')).toEqual(['web.service'])
    expect(parseServices('0::/user.slice/user-1000.slice/user@1000.service/app.slice/a\\x2db.service/x\n')).toEqual([
      'user@1000.service',
      'a\\x2db.service',
    ])
    expect(parseServices('')).toEqual([])
  })
})

describe('secrets in unit files', () => {
  it.each([
    ['Environment=TOKEN=abc', 'Environment=TOKEN=…'],
    ['Environment="DB_PASSWORD=a b" PORT=1', 'Environment="DB_PASSWORD=…" PORT=1'],
    ["Environment='X_API_KEY=a b'", "Environment='X_API_KEY=…'"],
    ['ExecStart=/bin/x --password hunter2 --port 5', 'ExecStart=/bin/x --password … --port 5'],
    ['ExecStart=/bin/x --token=hunter2', 'ExecStart=/bin/x --token=…'],
    ['ExecStart=curl https://me:hunter2@example.org/', 'ExecStart=curl https://me:…@example.org/'],
    ['SetCredential=key:hunter2', 'SetCredential=key:…'],
    ['# a plain comment', '# a plain comment'],
    ['[Service]', '[Service]'],
    ['  --secret hunter2 \\', '  --secret … \\'],
  ])('%s', (line, shown) => {
    expect(blankUnitSecrets(line)).toBe(shown)
  })
})
