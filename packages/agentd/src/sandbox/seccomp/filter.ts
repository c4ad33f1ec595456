import {
  action,
  answer,
  type Instruction,
  ifEqual,
  loadArchitecture,
  loadArgument,
  loadNumber,
  unlessAnyBit,
  unlessAtLeast,
  unlessEqual,
} from './bpf.ts'
import type { Machine } from './machines.ts'

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97

/** CLONE_NEW*: time, mount, cgroup, UTS, IPC, user, PID and network namespaces (linux/sched.h). */
const NEW_NAMESPACE =
  0x80 | 0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000
const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10
/** Putting characters into a terminal's input, and pasting its selection into it. */
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c

/**
 * What a sandboxed process may ask of the kernel. Calls that manage the machine, look into other processes, load code
 * into the kernel or widen its attack surface fail with EPERM; those the list does not know yet do not exist (ENOSYS); a
 * foreign ABI kills. Sockets are IPv4 and IPv6 only, and the sandbox has no network but its own loopback; Unix sockets only
 * where it was given one, and the ones it sees are those that were mounted into it.
 */
export function sandboxFilter(machine: Machine, { unixSockets = false } = {}): Instruction[] {
  const families = [AF_INET, AF_INET6, ...(unixSockets ? [AF_UNIX] : [])]
  return [
    loadArchitecture,
    ifEqual(machine.audit, 1),
    answer(action.killProcess),
    loadNumber,
    unlessAtLeast(machine.firstUnknown, 1),
    answer(action.fail(ENOSYS)),
    ...Object.values(machine.denied).flatMap((number) => [unlessEqual(number, 1), answer(action.fail(EPERM))]),
    // Its flags lie in memory where no filter can read them; C libraries fall back to clone, whose flags can be read.
    unlessEqual(machine.clone3, 1),
    answer(action.fail(ENOSYS)),
    ...withArgument(machine.clone, 0, [
      unlessAnyBit(NEW_NAMESPACE, 1),
      answer(action.fail(EPERM)),
      answer(action.allow),
    ]),
    ...withArgument(machine.socket, 0, [
      ...families.map((family, index) => ifEqual(family, families.length - index)),
      answer(action.fail(EAFNOSUPPORT)),
      answer(action.allow),
    ]),
    ...withArgument(machine.ioctl, 1, [
      ifEqual(TIOCSTI, 2),
      ifEqual(TIOCLINUX, 1),
      answer(action.allow),
      answer(action.fail(EPERM)),
    ]),
    answer(action.allow),
  ]
}

/** Decides about one call by one of its arguments; `decision` returns on every way through. */
function withArgument(number: number, argument: number, decision: readonly Instruction[]): Instruction[] {
  return [unlessEqual(number, decision.length + 1), loadArgument(argument), ...decision]
}
