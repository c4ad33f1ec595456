import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { cpus, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { requires } from '@castellan/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import { offsetOf } from '../../src/host/clock.ts'
import { parseTopology } from '../../src/host/hardware.ts'
import { KernelParameters, sameValue } from '../../src/host/kernel-parameters.ts'
import { busyPercent, LoadHistory, parseCpuTicks, parseSamples } from '../../src/host/load-history.ts'
import { parseUtmp, pastLogins } from '../../src/host/logins.ts'
import { parseUsers } from '../../src/host/users.ts'
import { diskFindings, loadFindings, memoryFindings } from '../../src/tools/system/system_health.ts'
import { Inside } from '../support/inside.ts'
import { type Machine, openMachine, toolByName } from '../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

const systemd = existsSync('/run/systemd/system')

describe('system_info', () => {
  it('tells what this machine is', async () => {
    const { output, summary } = await machine.call('system_info')
    expect(output).toMatchObject({ hostname: hostname(), systemd })
    expect(summary).toContain(hostname())
    expect(summary).toMatch(/It has been up for .+\.$/)
  })
})

describe('memory_usage', () => {
  it('adds up', async () => {
    const { output, summary } = await machine.call('memory_usage')
    expect(output.totalBytes).toBe(totalmem())
    expect((output.usedBytes as number) + (output.availableBytes as number)).toBe(output.totalBytes)
    expect(summary).toMatch(/^(under )?\d+ % of memory is used: .+ of .+, .+ available\. /)
  })

  it('takes no arguments', async () => {
    await expect(machine.call('memory_usage', { unit: 'MB' })).rejects.toThrow(/unrecognized/i)
  })
})

describe('process_list', () => {
  it('finds this very process, by name', async () => {
    const { output } = await machine.call('process_list', { name: 'vitest', limit: 200 })
    expect((output.processes as { pid: number }[]).map(({ pid }) => pid)).toContain(process.pid)
  })

  it('sorts as told, cuts at the limit and says so', async () => {
    const { output } = await machine.call('process_list', { sortBy: 'pid', limit: 2 })
    const pids = (output.processes as { pid: number }[]).map(({ pid }) => pid)
    expect(pids).toEqual(pids.toSorted((left, right) => left - right))
    expect(output).toMatchObject({ truncated: true })
    expect(pids).toHaveLength(2)
  })

  it('pages through all there are, and says when none are left', async () => {
    const sleepers = Array.from({ length: 3 }, () => spawn('sleep', ['4242.4242']))
    onTestFinished(() => sleepers.forEach((sleeper) => void sleeper.kill()))
    await Promise.all(sleepers.map((sleeper) => once(sleeper, 'spawn')))
    const query = { name: 'sleep 4242.4242', sortBy: 'pid' }
    const first = await machine.call('process_list', { ...query, limit: 2 })
    const rest = await machine.call('process_list', { ...query, limit: 2, offset: 2 })
    expect(first.output).toMatchObject({ matching: 3, truncated: true })
    expect(rest.output).toMatchObject({ matching: 3, truncated: false })
    const pids = [first, rest].flatMap(({ output }) => (output.processes as { pid: number }[]).map(({ pid }) => pid))
    expect(pids).toEqual(sleepers.map(({ pid }) => pid as number).toSorted((left, right) => left - right))
    expect(rest.summary).toMatch(/from number 3 on: sleep/)
    const none = await machine.call('process_list', { ...query, offset: 3 })
    expect(none.output).toMatchObject({ processes: [], matching: 3, truncated: false })
    expect(none.summary).toBe('The offset leaves out all there are (3 processes).')
  })

  it('says when nothing has that name', async () => {
    const { output, summary } = await machine.call('process_list', { name: 'no-such-program-here' })
    expect(output).toMatchObject({ processes: [], matching: 0, truncated: false })
    expect(summary).toMatch(/^No process named "no-such-program-here" is running/)
  })

  it('stops as soon as it is cancelled', async () => {
    const controller = new AbortController()
    const listing = machine.host.processes.list(controller.signal)
    controller.abort()
    await expect(listing).rejects.toThrow()
  })
})

describe('system_health', () => {
  it('looks at this machine, with or without systemd', async () => {
    const { output, summary } = await machine.call('system_health')
    expect(['ok', 'warning', 'critical']).toContain(output.verdict)
    expect(output.cpuCount).toBe(cpus().length)
    if (systemd) expect(output.failedServices).toEqual(expect.any(Array))
    else {
      expect(output).toMatchObject({
        failedServices: null,
        servicesNote: expect.stringContaining('not run by systemd'),
      })
      expect(summary).toContain('Services were not checked')
    }
  })

  it('counts failed services where systemd can be asked', async () => {
    const failed = {
      unit: 'db.service',
      description: 'Database',
      loadState: 'loaded',
      activeState: 'failed',
      subState: 'failed',
    }
    await using broken = await openMachine({ replace: { systemd: { services: async () => [failed] } as never } })
    const { output, summary } = await broken.call('system_health')
    expect(output.failedServices).toEqual(['db.service'])
    expect(summary).toContain('1 service failed (db.service)')
  })

  it('judges disks, memory and load by what is left', () => {
    const disk = (usedBytes: number) => ({
      mountPoint: '/',
      source: '',
      type: 'ext4',
      totalBytes: 100,
      usedBytes,
      availableBytes: 100 - usedBytes,
      totalInodes: 0,
      usedInodes: 0,
      readOnly: false,
    })
    expect(diskFindings([disk(89)])).toEqual([])
    expect(diskFindings([disk(90)])).toMatchObject([{ severity: 'warning' }])
    expect(diskFindings([disk(97)])).toMatchObject([{ severity: 'critical' }])
    expect(diskFindings([{ ...disk(10), totalInodes: 100, usedInodes: 95 }])).toMatchObject([{ severity: 'warning' }])
    const memory = { totalBytes: 100, usedBytes: 0, freeBytes: 0, cacheBytes: 0, swapTotalBytes: 10, swapUsedBytes: 0 }
    expect(memoryFindings({ ...memory, availableBytes: 10 })).toEqual([])
    expect(memoryFindings({ ...memory, availableBytes: 9 })).toMatchObject([{ severity: 'warning' }])
    expect(memoryFindings({ ...memory, availableBytes: 3, swapUsedBytes: 9 })).toMatchObject([
      { severity: 'critical' },
      { severity: 'warning' },
    ])
    const load = { oneMinute: 0, fifteenMinutes: 0 }
    expect(loadFindings({ ...load, fiveMinutes: 3.9 }, 2)).toEqual([])
    expect(loadFindings({ ...load, fiveMinutes: 4 }, 2)).toMatchObject([{ severity: 'warning' }])
  })
})

describe('process_signal', () => {
  /** A process of our own that does nothing until it is told. */
  function sleeper(): ChildProcess & { pid: number } {
    const child = spawn('sleep', ['60'])
    onTestFinished(() => void child.kill('SIGKILL'))
    return child as ChildProcess & { pid: number }
  }

  it('ends a process and says that it ended', async () => {
    const child = sleeper()
    const ended = once(child, 'exit')
    expect(await machine.resources('process_signal', { pid: child.pid, name: 'sleep' })).toEqual([
      { kind: 'process', id: String(child.pid), access: 'write' },
    ])
    const preview = await machine.preview('process_signal', { pid: child.pid, name: 'sleep' })
    expect(preview?.effects[0]).toMatch(/^Sends TERM to process \d+ of .+: sleep 60$/)
    const { output, summary, inverse } = await machine.call('process_signal', { pid: child.pid, name: 'sleep' })
    expect(output).toMatchObject({ signal: 'TERM', ended: true })
    expect(summary).toBe(`sleep (process ${child.pid}) ended on TERM.`)
    expect(inverse).toBeNull()
    expect((await ended)[1]).toBe('SIGTERM')
  })

  it('says when a process does not end', async () => {
    const child = sleeper()
    await machine.call('process_signal', { pid: child.pid, name: 'sleep', signal: 'STOP' })
    const { output, summary } = await machine.call('process_signal', { pid: child.pid, name: 'sleep', signal: 'TERM' })
    expect(output).toMatchObject({ ended: false })
    expect(summary).toContain('still runs after two seconds')
  })

  it('refuses a number that is another’s, or nobody’s', async () => {
    const child = sleeper()
    await expect(machine.call('process_signal', { pid: child.pid, name: 'nginx' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('is "sleep", not "nginx"'),
    })
    await expect(machine.call('process_signal', { pid: 4_194_304, name: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('refuses the number of a thread, behind which its process would hide', async () => {
    const threads = await readdir('/proc/self/task')
    const thread = Number(threads.find((each) => each !== String(process.pid)))
    for (const name of ['node', await readFile(`/proc/self/task/${thread}/comm`, 'utf8')]) {
      await expect(machine.call('process_signal', { pid: thread, name: name.trim() })).rejects.toMatchObject({
        code: 'not_found',
      })
    }
  })

  it('refuses what runs the host, the kernel, and Castellan itself with all that started it', async () => {
    const own = [1, process.pid, process.ppid]
    if (existsSync('/proc/2/status')) own.push(2)
    for (const pid of own) {
      const { name } = await machine.host.processes.get(pid)
      for (const signal of ['TERM', 'HUP', 'STOP']) {
        await expect(machine.call('process_signal', { pid, name, signal })).rejects.toMatchObject({
          code: 'forbidden',
          message: expect.stringMatching(/\.$/),
        })
      }
      await expect(machine.preview('process_signal', { pid, name })).rejects.toMatchObject({ code: 'forbidden' })
    }
  })
})

describe('load_history', () => {
  /** Until the kernel has counted some time, which it does a hundred times a second. */
  async function ticked(): Promise<void> {
    const total = async () => parseCpuTicks(await readFile('/proc/stat', 'utf8')).total
    for (const before = await total(); (await total()) === before; );
  }

  const since = '3 hours'

  it('says that there is nothing yet', async () => {
    await using fresh = await openMachine()
    const { output, summary } = await fresh.call('load_history')
    expect(output).toMatchObject({ samples: 0, spans: [], busiest: null })
    expect(summary).toContain('Nothing was sampled in that time (1 day)')
  })

  it('keeps real figures of this machine over a restart, and a line cut short costs only itself', async () => {
    const folder = join(machine.folder, 'history')
    const history = new LoadHistory(folder, machine.host.system)
    const now = Date.now()
    await history.sample(new Date(now - 120_000))
    await ticked()
    await history.sample(new Date(now - 60_000))
    for (const file of await readdir(folder)) await appendFile(join(folder, file), '\n[17952')
    const again = new LoadHistory(folder, machine.host.system)
    await again.sample(new Date(now))
    await using other = await openMachine({ replace: { history: again } })
    const { output, summary } = await other.call('load_history', { since, points: 3 })
    expect(output).toMatchObject({ samples: 3, sampleSeconds: 60, spanSeconds: 3600 })
    const [span] = output.spans as { samples: number; memoryPercent: { average: number } }[]
    expect(span).toMatchObject({ samples: 3, cpuPercent: { highest: expect.any(Number) } })
    expect(span?.memoryPercent.average).toBeGreaterThan(0)
    expect(span?.memoryPercent.average).toBeLessThan(100)
    expect(summary).toMatch(/^Over 3 hours the load was .+ from 3 samples\. Only \d+ % of that time was sampled\.$/)
    for (const file of await readdir(folder)) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
  })

  it('forgets days that are too old', async () => {
    const folder = join(machine.folder, 'old-history')
    const history = new LoadHistory(folder, machine.host.system)
    await history.sample(new Date('2026-01-01T12:00:00Z'))
    await history.sample(new Date('2026-01-15T12:00:00Z'))
    expect(await readdir(folder)).toEqual(['2026-01-01.jsonl', '2026-01-15.jsonl'])
    await history.sample(new Date('2026-01-16T12:00:00Z'))
    expect(await readdir(folder)).toEqual(['2026-01-15.jsonl', '2026-01-16.jsonl'])
  })

  it('counts busy time between two readings, and none where the counters went back', () => {
    const before = parseCpuTicks('cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 1 1 1\n')
    expect(before).toEqual({ total: 1000, idle: 800 })
    expect(busyPercent(before, { total: 2000, idle: 1550 })).toBe(25)
    expect(busyPercent(before, before)).toBeNull()
    expect(busyPercent(before, { total: 10, idle: 5 })).toBeNull()
  })

  it('reads no line that it did not write', () => {
    const lines = [
      '',
      '[1,null,0.5,10,0]',
      '[2,12.5,0.5,10,0]',
      '[3,12.5',
      'null',
      '[{"a":1}]',
      '[4,1,1,1,1,1]',
      '[-5,1,1,1,1]',
    ]
    expect(parseSamples(lines.join('\n')).map(({ at, cpuPercent }) => [at.getTime(), cpuPercent])).toEqual([
      [1000, null],
      [2000, 12.5],
    ])
  })
})

describe('hardware_info', () => {
  it('tells what this machine is made of', async () => {
    const { output, summary } = await machine.call('hardware_info')
    expect(output).toMatchObject({ cpu: { threads: cpus().length }, memoryTotalBytes: totalmem() })
    expect(summary).toMatch(/core.* of memory/)
    expect(JSON.stringify(output)).not.toMatch(/serial/i)
  })

  it('counts sockets and cores where the processor tells', () => {
    const block = (socket: number, core: number) => `processor : 0\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`
    const info = [block(0, 0), block(0, 1), block(1, 0), block(1, 0)].join('\n')
    expect(parseTopology(info, 4)).toEqual({ sockets: 2, cores: 3, threads: 4 })
    expect(parseTopology('processor: 0\n\nprocessor: 1\n', 2)).toEqual({ sockets: 1, cores: 2, threads: 2 })
  })
})

describe('time_status', () => {
  it('tells the time', async () => {
    const { output, summary } = await machine.call('time_status')
    expect(Math.abs(Date.parse(output.now as string) - Date.now())).toBeLessThan(10_000)
    expect(summary).toMatch(/^It is \d{4}-\d\d-\d\d \d\d:\d\d in /)
  })

  it('knows offsets as they are then, summer and winter', () => {
    expect(offsetOf('Europe/Berlin', new Date('2026-07-01T00:00:00Z'))).toBe(120)
    expect(offsetOf('Europe/Berlin', new Date('2026-12-01T00:00:00Z'))).toBe(60)
    expect(offsetOf('America/St_Johns', new Date('2026-12-01T00:00:00Z'))).toBe(-210)
    expect(offsetOf('UTC', new Date())).toBe(0)
    expect(offsetOf('Not/A_Zone', new Date())).toBe(0)
  })
})

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

describe('kernel parameters', () => {
  /** A folder in the shape of /proc/sys. */
  async function kernel(): Promise<KernelParameters> {
    const root = await mkdtemp(join(machine.folder, 'sys-'))
    const files = {
      'vm/swappiness': '60',
      'net/ipv4/tcp_rmem': '4096\t131072\t6291456',
      'net/ipv4/conf/eth0.5/forwarding': '0',
      'net/ipv4/tcp_fastopen_key': 'aaaa-bbbb',
      'kernel/core_pattern': 'core',
    }
    for (const [path, value] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true })
      await writeFile(join(root, path), `${value}\n`)
    }
    await symlink('/etc/passwd', join(root, 'vm/link'))
    return new KernelParameters(root)
  }

  async function opened(): Promise<Machine> {
    const other = await openMachine({ replace: { kernel: await kernel() } })
    onTestFinished(() => other[Symbol.asyncDispose]())
    return other
  }

  it('reads one of this machine, and names a near miss', async () => {
    const { output } = await machine.call('kernel_parameter_get', { name: 'kernel.ostype' })
    expect(output).toMatchObject({ parameters: [{ name: 'kernel.ostype', value: 'Linux' }], total: 1 })
    await expect(machine.call('kernel_parameter_get', { name: 'kernel.ostipe' })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('Did you mean kernel.ostype'),
    })
  })

  it('reads by either way of writing a name, all below a prefix, and never a key or through a link', async () => {
    const other = await opened()
    const value = async (name: string) => (await other.call('kernel_parameter_get', { name })).output.parameters
    expect(await value('net.ipv4.tcp_rmem')).toEqual([{ name: 'net.ipv4.tcp_rmem', value: '4096 131072 6291456' }])
    const dotted = [{ name: 'net.ipv4.conf.eth0/5.forwarding', value: '0' }]
    expect(await value('net.ipv4.conf.eth0/5.forwarding')).toEqual(dotted)
    expect(await value('net/ipv4/conf/eth0.5/forwarding')).toEqual(dotted)
    expect(((await value('net')) as { name: string }[]).map(({ name }) => name)).toEqual([
      'net.ipv4.conf.eth0/5.forwarding',
      'net.ipv4.tcp_rmem',
    ])
    await expect(value('net.ipv4.tcp_fastopen_key')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(value('vm.link')).rejects.toMatchObject({ code: 'not_found' })
    await expect(value('net.ipv4...ipv4')).rejects.toMatchObject({ code: 'invalid_arguments' })
  })

  it('sets one, takes it back, and takes that back', async () => {
    const other = await opened()
    const { output, inverse, summary } = await other.call('kernel_parameter_set', {
      name: 'vm.swappiness',
      value: '10',
    })
    expect(output).toEqual({ name: 'vm.swappiness', value: '10', before: '60', changed: true })
    expect(summary).toBe('vm.swappiness is 10 now; it was 60. Until the next boot.')
    const value = async () => (await other.host.kernel.value('vm.swappiness', other.signal)).value
    const redo = await other.revert('kernel_parameter_set', inverse)
    expect(await value()).toBe('60')
    await other.revert('kernel_parameter_set', redo)
    expect(await value()).toBe('10')
    const same = await other.call('kernel_parameter_set', { name: 'vm/swappiness', value: '0x0a' })
    expect(same).toMatchObject({ output: { changed: false }, inverse: null })
  })

  it('does not take back what somebody changed since, unless told to insist', async () => {
    const other = await opened()
    const { inverse } = await other.call('kernel_parameter_set', { name: 'vm.swappiness', value: '10' })
    await other.host.kernel.set('vm.swappiness', '30', other.signal)
    await expect(other.revert('kernel_parameter_set', inverse)).rejects.toMatchObject({ code: 'world_moved_on' })
    const context = { host: other.host, signal: other.signal, interrupted: false }
    const preview = await toolByName('kernel_parameter_set').revertPreview?.(inverse?.data, context)
    expect(preview?.movedOn).toBe('This act set vm.swappiness to 10, but it is 30 now.')
    await other.revert('kernel_parameter_set', inverse, true)
    expect((await other.host.kernel.value('vm.swappiness', other.signal)).value).toBe('60')
  })

  it.each([
    'kernel.core_pattern',
    'kernel/modprobe',
    'kernel.usermodehelper.bset',
    'fs.binfmt_misc.register',
    'vm.drop_caches',
    'net.ipv4.route.flush',
    'kernel.modules_disabled',
    'kernel.yama.ptrace_scope',
  ])('%s guards the machine or cannot be taken back, so no tool sets it', async (name) => {
    const error = { code: 'forbidden', message: expect.stringContaining(name.replaceAll('/', '.')) }
    await expect(machine.call('kernel_parameter_set', { name, value: '1' })).rejects.toMatchObject(error)
    await expect(machine.preview('kernel_parameter_set', { name, value: '1' })).rejects.toMatchObject(error)
    await expect(machine.resources('kernel_parameter_set', { name, value: '1' })).rejects.toMatchObject(error)
  })

  it('policy sees one name, however it is written', async () => {
    for (const name of ['vm.swappiness', 'vm/swappiness']) {
      expect(await machine.resources('kernel_parameter_set', { name, value: '1' })).toEqual([
        { kind: 'machine', id: 'kernel-parameter/vm.swappiness', access: 'write' },
      ])
    }
  })

  it('values are the same by their numbers, not by their spelling', () => {
    expect(sameValue('10', '0x0A')).toBe(true)
    expect(sameValue('4096\t16384', ' 4096 16384 ')).toBe(true)
    expect(sameValue('1', '10')).toBe(false)
    expect(sameValue('a', '0x0a')).toBe(false)
    expect(sameValue('cubic', 'cubic')).toBe(true)
  })
})

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
        'for i in $(seq 100); do grep -q :1F98 /proc/net/tcp && break; sleep 0.05; done',
      ].join('\n'),
    )
  }, 60_000)
  afterAll(() => inside?.[Symbol.asyncDispose](), 30_000)

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
  }, 30_000)
})

requires.that(!systemd, 'needs a host without systemd').describe('on a host without systemd', () => {
  it.each(['system_reboot', 'system_shutdown'])('%s refuses with the reason, before anybody is asked', async (name) => {
    const error = { code: 'unsupported_host', message: expect.stringMatching(/systemd.*this works\.$/s) }
    await expect(machine.call(name, { reason: 'test' })).rejects.toMatchObject(error)
    await expect(machine.preview(name, { reason: 'test' })).rejects.toMatchObject(error)
  })

  it('system_discover still shows what listens', async () => {
    const { output, summary } = await machine.call('system_discover')
    expect(output.servicesNote).toContain('not run by systemd')
    expect(summary).toContain('Services could not be asked about')
  })
})

describe('arguments that are refused before anything is asked', () => {
  it.each([
    ['process_list', { sortBy: 'name' }],
    ['process_signal', { pid: 1 }],
    ['process_signal', { pid: -1, name: 'x' }],
    ['process_signal', { pid: 0, name: 'x' }],
    ['process_signal', { pid: 77, name: 'x', signal: 9 }],
    ['load_history', { points: 0 }],
    ['user_list', { kind: 'root' }],
    ['login_list', { limit: 0 }],
    ['kernel_parameter_get', { name: '../../etc/passwd' }],
    ['kernel_parameter_get', { name: '/etc/shadow' }],
    ['kernel_parameter_set', { name: 'vm.swappiness' }],
    ['kernel_parameter_set', { name: 'vm.swappiness', value: '1\n2' }],
    ['system_reboot', {}],
    ['system_reboot', { reason: ' ' }],
    ['system_reboot', { reason: 'a\nb' }],
    ['system_reboot', { reason: 'x', delaySeconds: 0 }],
    ['system_shutdown', { reason: 'x', at: 'tonight' }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })

  it('a time that is past, or far away, or means nothing', async () => {
    await expect(machine.call('load_history', { since: 'soonish' })).rejects.toMatchObject({
      code: 'invalid_arguments',
    })
    await expect(machine.call('load_history', { since: '1 hour', until: '2 hours' })).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringMatching(/^since \(.+ UTC\) is after until \(.+ UTC\), so there is no time between them\./),
    })
    await expect(machine.call('load_history', { since: '2099-01-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringContaining('is after now'),
    })
    for (const at of ['2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z']) {
      const power = { schedule: async () => expect.unreachable(), refuseIfScheduled: async () => undefined }
      await using other = await openMachine({ replace: { power: power as never } })
      await expect(other.call('system_reboot', { reason: 'x', at })).rejects.toMatchObject({
        code: 'invalid_arguments',
      })
    }
  })
})
