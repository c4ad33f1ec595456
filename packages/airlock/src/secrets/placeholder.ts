import { CastellanError } from '@castellan/contracts'

const WHOLE = /^\{\{secret:([a-z][a-z0-9-]{0,31})\}\}$/

/** The name in `{{secret:NAME}}`; undefined for a value that names none. Throws `invalid_request` for one that has more beside it. */
export function secretNamed(value: string): string | undefined {
  const [, name] = WHOLE.exec(value) ?? []
  if (name === undefined && value.includes('{{secret:')) {
    throw new CastellanError(
      'invalid_request',
      'A header that names a secret holds {{secret:NAME}} and nothing else: what stands around the value is said where the secret is granted.',
    )
  }
  return name
}
