import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

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
