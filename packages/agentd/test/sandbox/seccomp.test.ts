import { describe, expect, it } from 'vitest'
import { action, assemble, ifEqual } from '../../src/sandbox/seccomp/bpf.ts'
import { sandboxFilter } from '../../src/sandbox/seccomp/filter.ts'
import { type Machine, machines } from '../../src/sandbox/seccomp/machines.ts'
import { evaluate } from './bpf-machine.ts'

const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97]

describe.each(Object.entries(machines) as [string, Machine][])('the filter for %s', (_, machine) => {
  const program = assemble(sandboxFilter(machine))
  const call = (number: number, ...args: number[]) => evaluate(program, { architecture: machine.audit, number, args })

  it('is as short as the kernel takes (4096 instructions)', () => {
    expect(program.length / 8).toBeLessThan(4096)
  })

  it.each(Object.entries(machine.denied))('refuses %s', (_name, number) => {
    expect(call(number)).toBe(action.fail(EPERM))
  })

  it('lets ordinary calls through', () => {
    const named = new Set([
      ...Object.values(machine.denied),
      machine.clone,
      machine.clone3,
      machine.socket,
      machine.ioctl,
    ])
    for (let number = 0; number < machine.firstUnknown; number++) {
      if (!named.has(number)) expect(call(number), `call ${number}`).toBe(action.allow)
    }
  })

  it('knows no calls newer than itself, and none of another ABI behind a bit', () => {
    expect(call(machine.firstUnknown)).toBe(action.fail(ENOSYS))
    expect(call(0x4000_0000 | 1)).toBe(action.fail(ENOSYS))
    expect(call(0xffff_ffff)).toBe(action.fail(ENOSYS))
  })

  it('kills what comes through another architecture', () => {
    expect(evaluate(program, { architecture: 0x4000_0003, number: 4 })).toBe(action.killProcess)
  })

  it('lets processes fork, but no new namespace begin', () => {
    const SIGCHLD = 17
    const threadFlags = 0x003d_0f00
    expect(call(machine.clone, SIGCHLD)).toBe(action.allow)
    expect(call(machine.clone, threadFlags)).toBe(action.allow)
    for (const flag of [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(call(machine.clone, flag | SIGCHLD)).toBe(action.fail(EPERM))
    }
    expect(call(machine.clone3)).toBe(action.fail(ENOSYS))
  })

  it('gives sockets of IPv4 and IPv6 only', () => {
    expect(call(machine.socket, 2)).toBe(action.allow)
    expect(call(machine.socket, 10)).toBe(action.allow)
    for (const family of [0, 1, 3, 16, 17, 38, 40]) {
      expect(call(machine.socket, family)).toBe(action.fail(EAFNOSUPPORT))
    }
  })

  it('lets nobody type into a terminal', () => {
    expect(call(machine.ioctl, 0, 0x5412)).toBe(action.fail(EPERM))
    expect(call(machine.ioctl, 0, 0x541c)).toBe(action.fail(EPERM))
    expect(call(machine.ioctl, 0, 0x5401)).toBe(action.allow)
  })
})

describe('the assembler', () => {
  it('writes struct sock_filter, eight bytes each', () => {
    expect(assemble([ifEqual(0x11223344, 5)]).toString('hex')).toBe('1500050044332211')
  })

  it('refuses a jump that has no room in a byte', () => {
    expect(() => assemble([ifEqual(1, 256)])).toThrow(RangeError)
  })
})
