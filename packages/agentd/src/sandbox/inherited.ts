import { readdirSync, readFileSync } from 'node:fs'

/** O_CLOEXEC as /proc/PID/fdinfo shows it, in octal (proc(5)). */
const CLOSE_ON_EXEC = 0o2000000

/**
 * Descriptors that whoever started this process left open in it, and that its children would get. Node closes its own
 * when it starts a program, but not these: a socket or a pipe of the supervisor must not reach a command.
 */
export function inheritedDescriptors(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => descriptor > 2 && !closesOnExec(descriptor))
}

function closesOnExec(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1]
    return flags === undefined || (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0
  } catch {
    // It was open only to read the list.
    return true
  }
}
