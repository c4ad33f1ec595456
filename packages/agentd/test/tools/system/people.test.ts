import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseUtmp, pastLogins } from '../../../src/host/logins.ts'
import { parseUsers } from '../../../src/host/users.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

describe('user_list', () => {
  it('shows people, and only whether they have a password', async () => {
    const { output } = await machine.call('user_list')
    expect(output.users).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'root', administrator: true })]),
    )
    expect(JSON.stringify(output)).not.toMatch(/\$(y|6|5|2b)\$/)
    const all = await machine.call('user_list', { kind: 'all', limit: 500 })
    const system = await machine.call('user_list', { kind: 'system', limit: 500 })
    expect(all.output.matching).toBe((output.matching as number) + (system.output.matching as number))
  })

  it('tells who may log in, and who may become root', () => {
    const users = parseUsers(
      'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000:Ada L,,,:/home/ada:/bin/bash\nbob:x:1001:1001::/home/bob:/usr/sbin/nologin\n' +
        'www:x:33:33::/var/www:/usr/sbin/nologin\nnixbld1:x:30001:30000::/:/sbin/nologin\nbroken:x:abc\n',
      'root:x:0:\nwheel:x:1:ada\nada:x:1000:\nnixbld:x:30000:nixbld1\n',
      'root:!:1::::::\nada:$y$j9T$secret:1::::::\nbob::1::::::\n',
    )
    expect(
      users.map(({ name, person, canLogIn, administrator, password }) => [
        name,
        person,
        canLogIn,
        administrator,
        password,
      ]),
    ).toEqual([
      ['root', true, true, true, 'locked'],
      ['www', false, false, false, 'unknown'],
      ['ada', true, true, true, 'set'],
      ['bob', true, false, false, 'empty'],
      ['nixbld1', false, false, false, 'unknown'],
    ])
    expect(users[2]).toMatchObject({ fullName: 'Ada L', groups: ['ada', 'wheel'] })
    expect(JSON.stringify(users)).not.toContain('secret')
    expect(parseUsers('', '', null)).toEqual([])
  })
})

describe('login records', () => {
  /** One record of utmp(5) as x86 writes it. */
  function record(type: number, line: string, user: string, host: string, seconds: number): Buffer {
    const bytes = Buffer.alloc(384)
    bytes.writeInt16LE(type, 0)
    bytes.writeInt32LE(4242, 4)
    bytes.write(line, 8, 32)
    bytes.write(user, 44, 32)
    bytes.write(host, 76, 256)
    bytes.writeUInt32LE(seconds, 340)
    return bytes
  }
  const layout = { size: 384, time: 340, wide: false }

  it('sessions end where their terminal is freed or taken again, or the machine starts anew', () => {
    const records = parseUtmp(
      Buffer.concat([
        record(7, 'pts/0', 'ada', '192.0.2.1', 100),
        record(7, 'pts/1', 'bob', '', 110),
        record(8, 'pts/0', '', '', 200),
        record(7, 'pts/0', 'eve', 'host', 300),
        record(2, '~', 'reboot', '', 400),
        record(7, 'tty1', 'ada', '', 500),
      ]),
      layout,
    )
    expect(
      pastLogins(records).map(({ user, at, until }) => [user, at.getTime() / 1000, until && until.getTime() / 1000]),
    ).toEqual([
      ['ada', 500, null],
      ['eve', 300, 400],
      ['bob', 110, 400],
      ['ada', 100, 200],
    ])
  })

  it('a file cut at its front is read from the first whole record on, and control characters are nobody’s name', () => {
    const text = Buffer.concat([Buffer.alloc(100, 'x'), record(7, 'pts/0', 'a\u001b[31mb', 'h', 1)])
    expect(parseUtmp(text, layout)).toMatchObject([{ user: 'a\u{fffd}[31mb', host: 'h', pid: 4242 }])
    expect(parseUtmp(Buffer.alloc(50), layout)).toEqual([])
  })
})
