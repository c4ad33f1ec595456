import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findCommand, requires } from '@castellan/testing'

const run = promisify(execFile)
const evaluator = fileURLToPath(new URL('../../../nix/tests/evaluate.nix', import.meta.url))

/** What evaluating the NixOS module needs of the machine. */
export const nix = requires.command('nix-instantiate', 'nix-bin')

export interface Evaluation {
  /** The body of a set of definitions, in Nix: `services.castellan.mode = "observe";`. Castellan is enabled without it, too. */
  readonly configuration?: string
  /** What is asked for, with `config`, `options` and `lib` at hand. */
  readonly expression: string
  /** Store path of Castellan's programs; what is not run can be anywhere. */
  readonly package?: string
  /** Where the programs of other packages are, in `bin`; `/usr` without it. */
  readonly usr?: string
  /** Whether files that the module makes are really put into this machine's store, which needs root. */
  readonly write?: boolean
}

/** What nix said instead of a value. */
export class EvaluationError extends Error {}

/** Evaluates the module and gives the value. Throws {@link EvaluationError} with nix's own words. */
export async function evaluate<Value>(evaluation: Evaluation): Promise<Value> {
  const {
    configuration = '',
    expression,
    package: castellan = '/opt/castellan',
    usr = '/usr',
    write = false,
  } = evaluation
  const text = `
    let
      evaluated = import ${evaluator} {
        package = ${JSON.stringify(castellan)};
        usr = ${JSON.stringify(usr)};
        configuration = { config, lib, pkgs, ... }: { config = lib.mkMerge [ { services.castellan.enable = lib.mkDefault true; } { ${configuration} } ]; };
      };
      inherit (evaluated) config options lib;
    in ${expression}`
  const store = write ? ['--read-write-mode'] : ['--store', 'dummy://']
  try {
    const { stdout } = await run(
      findCommand('nix-instantiate') ?? 'nix-instantiate',
      ['--eval', '--strict', '--json', '--option', 'substitute', 'false', ...store, '-E', text],
      { maxBuffer: 64 * 1024 * 1024, timeout: 150_000 },
    )
    return JSON.parse(stdout) as Value
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new EvaluationError(stderr || message)
  }
}

/** What a host is made of, as the stand-in for NixOS renders it. */
export interface Rendered {
  readonly units: Readonly<Record<string, string>>
  readonly wants: Readonly<Record<string, { readonly wantedBy: string[]; readonly requiredBy: string[] }>>
  readonly etc: Readonly<Record<string, string>>
  /** Those of `etc` that are files of their own; the others are links. */
  readonly copied: readonly string[]
  readonly tmpfiles: string
  /** Members of each group. */
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** Each user's own group. */
  readonly users: Readonly<Record<string, string>>
  readonly nginx: string | null
}

export function render(evaluation: Omit<Evaluation, 'expression'> = {}): Promise<Rendered> {
  return evaluate<Rendered>({ ...evaluation, expression: 'config.rendered' })
}
