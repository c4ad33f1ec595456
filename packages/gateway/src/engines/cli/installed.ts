import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CastellanError } from '@castellan/contracts'
import { makeRunFolder, removeRunFolder } from './folder.ts'
import { findProgram } from './program.ts'

/** A program of this size takes a moment to start on a small machine that is busy. In milliseconds. */
const VERSION_MS = 30_000

/** Asks an installed program for its version, in an empty home. Throws `engine_unavailable` with how to install it. */
export async function versionOf(
  command: string,
  install: string,
  path?: string,
  signal?: AbortSignal,
): Promise<string> {
  const program = installedProgram(command, install, path)
  const home = await makeRunFolder()
  try {
    const env = { PATH: path ?? process.env.PATH ?? '', HOME: home, TMPDIR: home, LANG: 'C.UTF-8' }
    const options = { cwd: home, env, timeout: VERSION_MS, killSignal: 'SIGKILL' as const, maxBuffer: 64 * 1024 }
    const { stdout } = await promisify(execFile)(program, ['--version'], { ...options, ...(signal && { signal }) })
    return /\d+\.\d+[\w.-]*/.exec(stdout)?.[0] ?? stdout.trim().slice(0, 40)
  } catch (cause) {
    throw new CastellanError(
      'engine_unavailable',
      `${program} is installed but does not run: ${command} --version failed. Install it again: ${install}`,
      { cause },
    )
  } finally {
    await removeRunFolder(home)
  }
}

/** The full path of a program. Throws `engine_unavailable` with how to install it. */
export function installedProgram(command: string, install: string, path?: string): string {
  const program = findProgram(command, path)
  if (program !== undefined) return program
  throw new CastellanError(
    'engine_unavailable',
    `There is no command ${command} on the gateway’s PATH. Install it: ${install}`,
  )
}
