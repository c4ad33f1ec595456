/** The parts of the browser that hold the page's address. */
export interface AddressBar {
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>
  readonly history: Pick<History, 'replaceState'>
}

/** A code that came with the address. `choose`: who opens it picks the kind of key before signing in with it. */
export interface AddressCode {
  readonly code: string
  readonly choose: boolean
}

/** Takes the sign-in code out of the address (`#code=…`), so that it stays neither on the screen nor in the history. */
export function takeCode({ location, history }: AddressBar): AddressCode | null {
  const parameters = new URLSearchParams(location.hash.replace(/^#/, ''))
  const code = parameters.get('code')
  if (code === null) return null
  history.replaceState(null, '', location.pathname + location.search)
  return code.trim() === '' ? null : { code, choose: parameters.has('choose') }
}

/**
 * The code as it keys the proofs: upper case, no dashes or blanks, look-alikes read as Crockford's base32 has them. The
 * same as `normalSignInCode` of the contracts, which the page does not load at run time.
 */
export function normalCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
}
