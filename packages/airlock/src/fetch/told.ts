import type { EgressSent } from '@castellan/contracts'
import type { Exchange } from './exchange.ts'
import { CREDENTIAL_HEADERS } from './headers.ts'
import type { Ready } from './ready.ts'

/** What stands for the value of a credential. */
const SECRET = '[secret]'
/** Longest that is told, in characters of JSON: the answer's own headers need room in the same header. */
const MAX_TOLD = 12 * 1024

/**
 * What left, for who asked for it: so that what they keep of it is what was sent and not what was meant. No value of a credential is in
 * it, whoever gave it. Nothing where it would be too long.
 */
export function toldOf({ sent }: Exchange, { checked, injected }: Ready): { readonly sent?: EgressSent } {
  const secret: ReadonlySet<string> = new Set([...CREDENTIAL_HEADERS, ...injected.map(({ header }) => header)])
  const told: EgressSent = {
    line: sent.line,
    headers: sent.headers.map(([name, value]) => [name, secret.has(name.toLowerCase()) ? masked(value) : value]),
    cuts: checked.cuts.map(({ start, end }) => [start, end]),
  }
  return JSON.stringify(told).length > MAX_TOLD ? {} : { sent: told }
}

/** `Bearer abc` becomes `Bearer [secret]`: how a credential is given is no secret. */
function masked(value: string): string {
  return value.replace(/^((?:Bearer|Basic|Token) +)?.*$/is, (_, scheme: string = '') => `${scheme}${SECRET}`)
}
