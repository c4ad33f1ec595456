import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAccounts } from '../../src/host/accounts.ts'
import { journalArguments, parseJournal } from '../../src/host/journal.ts'
import { likely } from '../../src/host/likely.ts'
import { parseSockets } from '../../src/host/network.ts'
import { parseMeminfo, parsePidStat } from '../../src/host/proc.ts'
import { distinctMounts, parseMountinfo } from '../../src/host/storage.ts'
import { memoryFrom, parseOsRelease } from '../../src/host/system.ts'
import { parseUnitDetail, parseUnitList } from '../../src/host/systemd.ts'

describe('/proc', () => {
  it('meminfo: kibibytes become bytes, counts stay', () => {
    const fields = parseMeminfo(
      'MemTotal:       1000 kB\nMemAvailable:    600 kB\nSwapTotal: 50 kB\nSwapFree: 20 kB\nHugePages_Total:  3\n',
    )
    expect(fields.get('HugePages_Total')).toBe(3)
    expect(memoryFrom(fields)).toMatchObject({
      totalBytes: 1_024_000,
      usedBytes: 409_600,
      swapUsedBytes: 30_720,
      cacheBytes: 0,
    })
  })

  it('PID/stat: a name may hold parentheses and spaces', () => {
    const line = '42 (a) (b c) S 7 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 4 0 1234 1000 77 18446744073709551615'
    expect(parsePidStat(line)).toEqual({
      name: 'a) (b c',
      state: 'S',
      parentPid: 7,
      cpuTicks: 200,
      threads: 4,
      startTicks: 1234,
      residentPages: 77,
    })
    expect(parsePidStat('')).toBeNull()
  })

  it('net/tcp and net/udp6: addresses in host byte order, shortened as RFC 5952 says', () => {
    const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
    const line = (local: string, state: string) =>
      `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0\n`
    expect(parseSockets(head + line('0100007F:1F90', '0A'))).toEqual([
      {
        address: '127.0.0.1',
        port: 8080,
        remoteAddress: '0.0.0.0',
        remotePort: 0,
        state: 10,
        uid: 1000,
        inode: '4242',
      },
    ])
    const six = parseSockets(
      head +
        line('00000000000000000000000001000000:0016', '0A') +
        line('B80D0120000000000000000001000000:0016', '0A') +
        line('0000000000000000FFFF00000100007F:0016', '0A'),
    )
    expect(six.map(({ address }) => address)).toEqual(['::1', '2001:db8::1', '::ffff:127.0.0.1'])
  })

  it('mountinfo: escapes, read-only mounts, optional fields', () => {
    const text =
      '27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard\n' +
      '28 27 8:1 / /mnt/my\\040disk ro,relatime - vfat /dev/sda1 rw\n' +
      'nonsense\n'
    expect(parseMountinfo(text)).toEqual([
      {
        device: '254:0',
        root: '/',
        mountPoint: '/',
        readOnly: false,
        type: 'ext4',
        source: '/dev/vda',
        options: ['rw', 'relatime', 'discard'],
      },
      {
        device: '8:1',
        root: '/',
        mountPoint: '/mnt/my disk',
        readOnly: true,
        type: 'vfat',
        source: '/dev/sda1',
        options: ['ro', 'relatime', 'rw'],
      },
    ])
  })

  it('mounts: one line for each real file system, bind mounts and pseudo file systems left out', () => {
    const mount = (device: string, root: string, mountPoint: string, type = 'ext4') => ({
      device,
      root,
      mountPoint,
      readOnly: false,
      type,
      source: '',
      options: [],
    })
    const shown = distinctMounts([
      mount('0:21', '/', '/proc', 'proc'),
      mount('254:0', '/nix/store', '/nix/store'),
      mount('254:0', '/', '/'),
      mount('254:0', '/', '/mnt/again'),
      mount('0:30', '/', '/tmp', 'tmpfs'),
      mount('0:31', '/', '/run/user/0', 'tmpfs'),
      mount('8:1', '/', '/data'),
      mount('0:40', '/', '/data', 'overlay'),
    ])
    expect(shown.map(({ mountPoint, type }) => [mountPoint, type])).toEqual([
      ['/', 'ext4'],
      ['/data', 'overlay'],
      ['/tmp', 'tmpfs'],
    ])
  })
})

describe('os-release and accounts', () => {
  it('reads quoted and plain values', () => {
    const fields = parseOsRelease('NAME=NixOS\nPRETTY_NAME="NixOS 25.11 (\\"X\\")"\nID=\'nixos\'\n# c\n')
    expect([...fields]).toEqual([
      ['NAME', 'NixOS'],
      ['PRETTY_NAME', 'NixOS 25.11 ("X")'],
      ['ID', 'nixos'],
    ])
  })

  it('takes the first name of a number', () => {
    expect([...parseAccounts('root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbad\n')]).toEqual([[0, 'root']])
  })
})

describe('systemctl', () => {
  it('lists units from JSON', () => {
    const json =
      '[{"unit":"b.service","load":"loaded","active":"active","sub":"running","description":"B"},{"unit":"a.service","load":"loaded","active":"failed","sub":"failed","description":"A"}]'
    expect(parseUnitList(json).map(({ unit, activeState }) => [unit, activeState])).toEqual([
      ['a.service', 'failed'],
      ['b.service', 'active'],
    ])
    expect(parseUnitList('')).toEqual([])
  })

  it('reads what is shown of one unit; what is not counted is null', () => {
    const detail = parseUnitDetail(
      'Id=nginx.service\nDescription=Web = fast\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n' +
        'FragmentPath=/etc/systemd/system/nginx.service\nStateChangeTimestamp=@1700000000\nMainPID=812\nMemoryCurrent=[not set]\n' +
        'CPUUsageNSec=1234567890\nTasksCurrent=18446744073709551615\nNRestarts=2\nResult=success\nExecMainStatus=0\nExecMainExitTimestamp=\n',
    )
    expect(detail).toMatchObject({
      unit: 'nginx.service',
      description: 'Web = fast',
      since: new Date(1_700_000_000_000),
      mainPid: 812,
      memoryBytes: null,
      cpuSeconds: 1.235,
      tasks: null,
      restarts: 2,
      exitStatus: null,
    })
  })

  it('reads a failed unit', () => {
    const detail = parseUnitDetail(
      'Id=x.service\nMainPID=0\nResult=exit-code\nExecMainStatus=3\nExecMainExitTimestamp=@1700000000\nStateChangeTimestamp=\n',
    )
    expect(detail).toMatchObject({ mainPid: null, result: 'exit-code', exitStatus: 3, since: null, restarts: null })
  })
})

describe('near misses', () => {
  const units = [
    'sshd.service',
    'nginx.service',
    'postgresql.service',
    'postgresql-backup.service',
    'dbus.socket',
    'nix-daemon.service',
  ]
  it.each([
    ['ngnix.service', ['nginx.service']],
    ['ssh.service', ['sshd.service']],
    ['postgres.service', ['postgresql.service', 'postgresql-backup.service']],
    ['dbus.service', ['dbus.socket']],
    ['nix-deamon.service', ['nix-daemon.service']],
    ['zzzzzz.service', []],
  ])('%s could mean %j', (name, expected) => {
    expect(likely(name, units)).toEqual(expected)
  })
})

describe('journalctl', () => {
  it('is asked newest first, for one entry more, with times as seconds', () => {
    const args = journalArguments({
      unit: 'a.service',
      priority: 'err',
      since: new Date(1_700_000_000_900),
      grep: '-x',
      boot: -1,
      limit: 10,
    })
    expect(args).toEqual(
      expect.arrayContaining([
        '--reverse',
        '--lines=11',
        '--unit=a.service',
        '--priority=err',
        '--since=@1700000000',
        '--grep=-x',
        '--boot=-1',
      ]),
    )
    expect(args.every((arg) => arg.startsWith('--'))).toBe(true)
  })

  it('prints text, bytes, lists and nothing as messages', () => {
    const line = (fields: object) =>
      JSON.stringify({ __CURSOR: 'c', __REALTIME_TIMESTAMP: '1700000000000000', ...fields })
    const { entries, more } = parseJournal(
      [
        line({ MESSAGE: 'plain', PRIORITY: '3', _SYSTEMD_UNIT: 'a.service', _PID: '12', SYSLOG_IDENTIFIER: 'a' }),
        line({ MESSAGE: [0x68, 0xff, 0x69], _COMM: 'b' }),
        line({ MESSAGE: ['one', 'two'], UNIT: 'c.service', _SYSTEMD_UNIT: 'init.scope' }),
        line({ MESSAGE: null }),
        line({ MESSAGE: 'x'.repeat(5000) }),
        line({ MESSAGE: 'one too many' }),
      ].join('\n'),
      5,
    )
    expect(more).toBe(true)
    expect(entries.map(({ message }) => message.slice(0, 10))).toEqual([
      'plain',
      'h\ufffdi',
      'one\ntwo',
      '',
      'xxxxxxxxxx',
    ])
    expect(entries[0]).toMatchObject({ priority: 'err', unit: 'a.service', pid: 12, at: new Date(1_700_000_000_000) })
    expect(entries[1]).toMatchObject({ priority: 'info', process: 'b', unit: null, pid: null })
    expect(entries[2]).toMatchObject({ unit: 'c.service' })
    expect(entries[4]?.message).toHaveLength(4097)
  })
})

describe('every parser', () => {
  it('survives any text', () => {
    const parsers = [
      parseMeminfo,
      parsePidStat,
      parseSockets,
      parseMountinfo,
      parseOsRelease,
      parseAccounts,
      parseUnitDetail,
    ]
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: fc.constantFrom(' ', ':', '=', '\n', '(', ')', '-', '/', 'a', '0', '"') }),
        ),
        (text) => {
          for (const parse of parsers) parse(text)
        },
      ),
    )
  })
})
