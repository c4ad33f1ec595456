import { z } from 'zod'
import { optionName, optionPath } from '../../host/nixos/options.ts'

export const optionField = z
  .string()
  .min(1)
  .max(1000)
  .describe(
    'Full name of a NixOS option, e.g. "services.nginx.enable". Parts with dots or blanks stand in double quotes.',
  )

/** The name as it is written everywhere, so that policy and ledger see one spelling. Throws `invalid_arguments`. */
export function canonical(option: string): string {
  return optionName(optionPath(option))
}

/** JSON of a value for people, one line. */
export function shown(value: unknown, most = 200): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
