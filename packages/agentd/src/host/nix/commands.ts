import { CastellanError } from '@castellan/contracts'
import { type CommandResult, commandFailed, findProgram, runCommand } from '../command.ts'

/** Closures of a whole system have thousands of paths. */
export const MAX_STORE_OUTPUT_BYTES = 32 * 1024 * 1024

/** Nothing is fetched: a question about this host is answered by this host. */
const offline = ['--option', 'substitute', 'false']

/** Runs one of nix's old programs (nix-store, nix-env, …). Throws `unsupported_host` without nix, `command_failed` when it fails. */
export async function nixProgram(
  name: 'nix-store' | 'nix-env' | 'nix-instantiate',
  args: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const result = await runCommand(await findNix(name), [...args, ...offline], {
    signal,
    maxOutputBytes: MAX_STORE_OUTPUT_BYTES,
  })
  if (result.exitCode !== 0) throw commandFailed(name, result)
  return result
}

export async function findNix(name: string): Promise<string> {
  return findProgram(name).catch(() => {
    throw new CastellanError(
      'unsupported_host',
      `This host has no Nix (there is no program ${name}). On NixOS this works.`,
    )
  })
}
