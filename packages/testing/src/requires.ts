import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, type TestAPI, type TestContext, test } from 'vitest'

/** Something a test needs of the host. Tests declared through it run where the host has it, and say why where not. */
export interface Requirement {
  readonly met: boolean
  /** Why it is not met and what would help, one sentence; empty where it is met. */
  readonly reason: string
  /** vitest's `test`, or one that skips with the reason. Only the plain call is supported where the requirement is unmet. */
  readonly test: TestAPI
  /** vitest's `describe`; where unmet, its body is not run and the group counts as one skipped test. */
  readonly describe: (name: string, body: () => void) => void
  /** Skips the running test where unmet: the first line of a test. */
  check(context: TestContext): void
  /** Both this and the other. */
  and(other: Requirement): Requirement
}

export const requires = {
  /** A command on the PATH (or in the sbin folders), from a Debian package. */
  command(name: string, debianPackage: string): Requirement {
    return that(findCommand(name) !== undefined, `needs the command ${name} (Debian package ${debianPackage})`)
  },

  /** A file or folder of the host, with the reason it may be absent. */
  file(path: string, why: string): Requirement {
    return that(existsSync(path), `needs ${path}: ${why}`)
  },

  root(): Requirement {
    return that(process.getuid?.() === 0, 'needs root')
  },

  /** systemd as PID 1. */
  systemd(): Requirement {
    return that(existsSync('/run/systemd/system'), 'needs a host that systemd started (no /run/systemd/system here)')
  },

  /** Chromium, for the page. */
  browser(): Requirement {
    return this.command('chromium', 'chromium')
  },

  /** Anything else; `reason` continues "skipped: needs …". */
  that,
}

/** The command's full path, looked up as the shell would, and in the folders only root has on its PATH. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function that(met: boolean, reason: string): Requirement {
  return {
    met,
    reason: met ? '' : reason,
    test: met ? test : skipping(reason),
    describe: met ? describe : (name) => describe(name, () => skipping(reason)('all of it', () => undefined)),
    check: (context) => context.skip(!met, reason),
    and: (other) => (met ? other : that(met, reason)),
  }
}

function skipping(reason: string): TestAPI {
  const declare = (name: string): void => test(name, (context) => context.skip(reason))
  return declare as unknown as TestAPI
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
