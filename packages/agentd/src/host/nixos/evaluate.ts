import { CastellanError } from '@castellan/contracts'
import { type CommandResult, runCommand } from '../command.ts'
import { findNix, MAX_STORE_OUTPUT_BYTES } from '../nix/commands.ts'

const features = ['--extra-experimental-features', 'nix-command flakes']

/** Arguments for `nix`: offline and as told here, whatever the owner's flakes ask for. */
export const evaluationOptions = [...features, '--offline', '--impure', '--no-accept-flake-config']

/** Evaluates a Nix expression to JSON, without network and without building. Throws `command_failed` with nix's own reason. */
export async function evaluate(expression: string, signal: AbortSignal): Promise<unknown> {
  const result = await runCommand(
    await findNix('nix'),
    ['eval', '--json', ...evaluationOptions, '--expr', expression],
    {
      signal,
      maxOutputBytes: MAX_STORE_OUTPUT_BYTES,
    },
  )
  if (result.exitCode !== 0) throw evaluationFailed(result)
  return JSON.parse(result.stdout)
}

/** The error that people can act on: nix puts it last, after where it happened. */
export function evaluationFailed({ stderr, exitCode }: Pick<CommandResult, 'stderr' | 'exitCode'>): CastellanError {
  const reason = reasonIn(stderr)
  if (
    /unable to download|Could not resolve host|is required, but|cannot be fetched|does not exist in the cache/i.test(
      stderr,
    )
  ) {
    return new CastellanError(
      'unsupported_host',
      `The configuration needs something that is not on this host, and nothing is fetched: ${reason} Build it once with network (nixos_build).`,
    )
  }
  return new CastellanError('command_failed', `The configuration does not evaluate (exit code ${exitCode}): ${reason}`)
}

/** From the last `error:` on, without traces, source excerpts and colours. */
export function reasonIn(stderr: string): string {
  const plain = stderr.replace(/\u001b\[[0-9;]*m/g, '')
  const at = plain.lastIndexOf('error:')
  const lines = (at < 0 ? plain : plain.slice(at + 'error:'.length)).split('\n').map((line) => line.trim())
  const told = lines.filter((line) => line !== '' && !/^(at |…|\d*\||\(use '--show-trace')/.test(line))
  return told.join(' ').slice(0, 800) || 'nix gave no reason.'
}
