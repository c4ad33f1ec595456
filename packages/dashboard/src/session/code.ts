/** The parts of the browser that hold the page's address. */
export interface AddressBar {
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>
  readonly history: Pick<History, 'replaceState'>
}

/** Takes the sign-in code out of the address (`#code=…`), so that it stays neither on the screen nor in the history. */
export function takeCode({ location, history }: AddressBar): string | null {
  const code = new URLSearchParams(location.hash.replace(/^#/, '')).get('code')
  if (code === null) return null
  history.replaceState(null, '', location.pathname + location.search)
  return code.trim() === '' ? null : code
}

/**
 * The code as it keys the proofs: upper case, no dashes or blanks, look-alikes read as Crockford's base32 has them. The
 * same as `normalSignInCode` of the contracts, which the page does not load at run time.
 */
export function normalCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
}
