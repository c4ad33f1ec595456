import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { requires, until } from '@castellan/testing'
import { expect, onTestFinished } from 'vitest'
import { machines } from '../../src/sandbox/seccomp/machines.ts'
import { bare, walled } from './walled.ts'

const bwrap = requires.command('bwrap', 'bubblewrap')
const perl = bwrap.and(requires.command('perl', 'perl-base'))
const asRoot = perl.and(requires.root())
const denied = machines[process.arch]?.denied ?? {}

bwrap.describe('files of the host', () => {
  bwrap.test('cannot be read: /etc/shadow', async () => {
    const { inside } = walled()
    const read = ['cat', '/etc/shadow']
    if (process.getuid?.() === 0) expect(bare(read).status).toBe(0)
    expect(await inside(read)).toMatchObject({ exitCode: 1, stdout: { bytes: 0 } })
  })

  bwrap.test('cannot be read: what lies beside the workspace, homes of others, state of agentd', async () => {
    const { inside, outside } = walled()
    const token = join(outside, 'token')
    writeFileSync(token, 'cst_secret')
    expect(bare(['cat', token]).stdout).toBe('cst_secret')
    expect(await inside(['cat', token])).toMatchObject({ exitCode: 1, stdout: { bytes: 0 } })
    expect((await inside(['ls', '-A', '/run'])).stdout.text.replace('current-system\n', '')).toBe('')
    expect((await inside(['ls', '/root', '/home', '/var', '/sys', '/boot'])).stdout.text).toBe('')
  })

  bwrap.test('cannot be read through a link that leads out of the workspace', async () => {
    const { inside, outside, workspace } = walled()
    writeFileSync(join(outside, 'secret'), 'secret')
    symlinkSync(outside, join(workspace, 'out'))
    const read = ['cat', join(workspace, 'out/secret')]
    expect(bare(read).stdout).toBe('secret')
    expect(await inside(read)).toMatchObject({ exitCode: 1, stdout: { bytes: 0 } })
  })

  bwrap.test('cannot be written: programs, and everything that is not the workspace or /tmp', async () => {
    const { inside, workspace } = walled()
    for (const path of ['/usr/x', '/etc/x', '/x', '/dev/x', '/proc/sys/kernel/hostname']) {
      expect((await inside(['sh', '-c', `echo x > ${path}`])).exitCode, path).not.toBe(0)
    }
    expect((await inside(['sh', '-c', 'echo x > here && echo x > /tmp/there'])).exitCode).toBe(0)
    expect(readFileSync(join(workspace, 'here'), 'utf8')).toBe('x\n')
  })

  bwrap.test('cannot be written at all by a command that was judged harmless', async () => {
    const { inside, workspace } = walled()
    const write = ['sh', '-c', 'echo x > here']
    const ground = { kind: 'workspace', cwd: workspace, writable: false } as const
    expect((await inside(write, { ground })).exitCode).not.toBe(0)
    expect(existsSync(join(workspace, 'here'))).toBe(false)
  })

  asRoot.test('do not get rights by device nodes, neither made nor found', async () => {
    const { inside, outside, workspace } = walled()
    const [made, found] = [join(outside, 'null'), join(workspace, 'zero')]
    expect(bare(['mknod', made, 'c', '1', '3']).status).toBe(0)
    expect(bare(['mknod', '-m', '666', found, 'c', '1', '5']).status).toBe(0)
    const read = ['head', '-c', '4', found]
    expect((await inside(['mknod', join(workspace, 'null'), 'c', '1', '3'])).exitCode).not.toBe(0)
    expect((await inside(read)).stdout.bytes).toBe(0)
  })

  asRoot.test('do not get rights by the setuid bit', async () => {
    const { inside, workspace } = walled()
    const copy = join(workspace, 'id')
    copyFileSync('/usr/bin/id', copy)
    chmodSync(copy, 0o4755)
    expect((await inside([copy, '-u'])).stdout.text.trim()).not.toBe('0')
    expect((await inside(['grep', 'NoNewPrivs', '/proc/self/status'])).stdout.text).toMatch(/1$/m)
    expect(bare(['grep', 'NoNewPrivs', '/proc/self/status']).stdout).toMatch(/0$/m)
  })
})

bwrap.describe('the kernel', () => {
  bwrap.test('gives no capability, to this process or the next', async () => {
    const status = (await walled().inside(['cat', '/proc/self/status'])).stdout.text
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      expect(status).toMatch(new RegExp(`${set}:\\s*0+$`, 'm'))
    expect(status).toMatch(/^Seccomp:\s*2$/m)
  })

  asRoot.test('takes these calls from the test, and none of them from a command', async () => {
    const attempt = (name: string) => ['perl', '-e', `syscall(${denied[name]}, 0, 0, 0, 0, 0, 0); print $!+0`]
    const names = ['mount', 'ptrace', 'keyctl', 'bpf', 'io_uring_setup', 'userfaultfd', 'perf_event_open', 'unshare']
    const { inside } = walled()
    const EPERM = '1'
    for (const name of names) {
      expect(bare(attempt(name)).stdout, `${name} outside`).not.toBe(EPERM)
      expect((await inside(attempt(name))).stdout.text, `${name} inside`).toBe(EPERM)
    }
  })

  perl.test('refuses every call that the filter lists', async () => {
    const numbers = Object.values(denied).join(',')
    const script = `for my $n (${numbers}) { syscall($n, 0, 0, 0, 0, 0, 0); print "$n " if $!+0 != 1 }`
    expect(await walled().inside(['perl', '-e', script])).toMatchObject({ exitCode: 0, stdout: { text: '' } })
  })

  bwrap.test('makes no user namespace', async () => {
    const nest = ['unshare', '--user', '--map-root-user', 'id', '-u']
    if (process.getuid?.() === 0) expect(bare(nest).stdout.trim()).toBe('0')
    expect((await walled().inside(nest)).exitCode).not.toBe(0)
  })
})

perl.describe('other processes', () => {
  const connect = (address: string) => [
    'perl',
    '-MSocket',
    '-e',
    `my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) && connect($s, pack_sockaddr_un(${address})) && print 'connected'`,
  ]

  async function listening(server: Server, where: string | number): Promise<void> {
    server.on('connection', (socket) => socket.destroy())
    if (typeof where === 'number') server.listen(where, '127.0.0.1')
    else server.listen(where)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
  }

  perl.test('are out of reach through their sockets, in the file system or abstract', async () => {
    const { inside, workspace } = walled()
    // Even where the socket itself lies in the workspace.
    const [path, name] = [join(workspace, 'agent.sock'), `castellan-test-${process.pid}`]
    await listening(createServer(), path)
    await listening(createServer(), `\0${name}`)
    chmodSync(path, 0o777)
    for (const address of [`'${path}'`, `"\\0${name}"`]) {
      expect(await outcome(connect(address))).toBe('connected')
      expect((await inside(connect(address))).stdout.text).toBe('')
    }
  })

  perl.test('are out of reach through the network', async () => {
    const server = createServer()
    await listening(server, 0)
    const { port } = server.address() as { port: number }
    const dial = [
      'perl',
      '-MSocket',
      '-e',
      `my $s; socket($s, PF_INET, SOCK_STREAM, 0) && connect($s, sockaddr_in(${port}, inet_aton('127.0.0.1'))) && print 'connected'`,
    ]
    expect(await outcome(dial)).toBe('connected')
    expect((await walled().inside(dial)).stdout.text).toBe('')
    expect((await walled().inside(['cat', '/proc/net/dev'])).stdout.text).not.toMatch(/eth|enp|wlan|veth/)
  })

  perl.test('are not to be seen in /proc', async () => {
    const { inside } = walled()
    const look = ['cat', `/proc/${process.pid}/environ`]
    expect(bare(look).status).toBe(0)
    expect((await inside(look)).stdout.bytes).toBe(0)
    const seen = (await inside(['ls', '/proc'])).stdout.text.split('\n').filter((name) => /^\d+$/.test(name))
    expect(seen.length).toBeLessThan(6)
  })

  perl.test('share nothing of their environment or descriptors', async () => {
    process.env.CASTELLAN_TEST_SECRET = 'cst_secret'
    onTestFinished(() => void delete process.env.CASTELLAN_TEST_SECRET)
    const { inside } = walled()
    expect(bare(['env']).stdout).toContain('cst_secret')
    expect((await inside(['env'])).stdout.text).not.toContain('cst_secret')
    const open = (await inside(['sh', '-c', 'for f in /proc/$$/fd/*; do readlink $f; done'])).stdout.text
    expect(open.split('\n').filter((line) => line !== '' && line !== '/dev/null')).toHaveLength(2)
  })

  /** Without blocking this process, whose servers have to answer. */
  async function outcome(argv: readonly string[]): Promise<string> {
    const child = spawn(argv[0] as string, argv.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    await once(child, 'close')
    return text
  }
})

perl.describe('what a command may use', () => {
  const forks = `my $n = 0; my @c; for (1..300) { my $p = fork(); last unless defined $p; if (!$p) { sleep 60; exit } push @c, $p; $n++ } print $n; kill 9, @c`

  asRoot.test('ends for processes far below what a fork bomb wants', async () => {
    expect(bare(['perl', '-e', forks]).stdout).toBe('300')
    const { stdout } = await walled().inside(['perl', '-e', forks])
    expect(Number(stdout.text)).toBeGreaterThan(0)
    expect(Number(stdout.text)).toBeLessThan(129)
  })

  perl.test('ends for memory', async () => {
    const grow = ['perl', '-e', 'my $x = "x" x (1200*1024*1024); print length $x']
    expect((await walled().inside(grow)).exitCode).not.toBe(0)
    expect((await walled().inside(['perl', '-e', 'my $x = "x" x 1024; print length $x'])).stdout.text).toBe('1024')
  })

  perl.test('ends for the size of files and of /tmp', async () => {
    const fill = (path: string) => ['sh', '-c', `head -c 300M /dev/zero > ${path}`]
    expect((await walled().inside(fill('/tmp/x'))).exitCode).not.toBe(0)
    expect((await walled().inside(['sh', '-c', 'head -c 1M /dev/zero > /tmp/x'])).exitCode).toBe(0)
  })

  perl.test('ends for output: of 10 GB a beginning is kept and the rest not waited for', async () => {
    const report = await walled().inside(['head', '-c', '10G', '/dev/zero'])
    expect(report).toMatchObject({ ended: 'output_limit', exitCode: null, stdout: { truncated: true } })
    expect(report.stdout.text.length).toBe(32 * 1024)
    expect(report.stdout.bytes).toBeLessThan(64 * 1024 * 1024)
    const small = await walled().inside(['head', '-c', '1000', '/dev/zero'])
    expect(small).toMatchObject({ ended: 'exited', exitCode: 0, stdout: { bytes: 1000, truncated: false } })
  })

  perl.test('ends for time, for everything it started, whatever session that moved to', async () => {
    const mark = `castellan-survivor-${process.pid}-${Date.now()}`
    const leave = `setsid perl -e '$0 = "${mark}"; sleep 100' & setsid -f perl -e '$0 = "${mark}"; sleep 100'; sleep 100`

    const control = spawn('sh', ['-c', leave], { detached: true, stdio: 'ignore' })
    await until('both are there', () => running(mark).length === 2)
    process.kill(-(control.pid as number), 'SIGKILL')
    await once(control, 'exit')
    const survivors = running(mark)
    for (const pid of survivors) process.kill(pid, 'SIGKILL')
    expect(survivors).toHaveLength(2)
    await until('they are gone', () => running(mark).length === 0)

    const report = await walled().inside(['sh', '-c', leave], { timeoutSeconds: 2 })
    expect(report).toMatchObject({ ended: 'deadline', exitCode: null })
    await until('they are gone', () => running(mark).length === 0)
  })

  perl.test('ends when the caller goes away', async () => {
    const { sandbox, workspace } = walled()
    const controller = new AbortController()
    const ground = { kind: 'workspace', cwd: workspace, writable: true } as const
    const mark = `castellan-caller-${process.pid}-${Date.now()}`
    const argv = ['perl', '-e', `$0 = "${mark}"; sleep 100`]
    const run = sandbox.run({ agent: 'main', argv, timeoutSeconds: 60, ground }, controller.signal)
    await until('it runs', () => running(mark).length === 1)
    controller.abort(new Error('gone'))
    await expect(run).rejects.toThrow('gone')
    await until('it is gone', () => running(mark).length === 0)
  })

  function running(mark: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(mark)
        } catch {
          return false
        }
      })
      .map(Number)
  }
})

asRoot.test('every agent has a user of its own, who is nobody else and stays the same', async () => {
  const { inside, workspace } = walled()
  mkdirSync(join(workspace, 'shared'))
  const uid = async (agent: string) => Number((await inside(['id', '-u'], { agent })).stdout.text)
  const [first, second, again] = [await uid('first'), await uid('second'), await uid('first')]
  expect(first).toBeGreaterThanOrEqual(1_900_000_001)
  expect(second).not.toBe(first)
  expect(again).toBe(first)
})
