/**
 * Seals small values to the machine they were made on: what is sealed can be made and opened there alone, by whoever may
 * use the machine's own key. Sealing says nothing about age: an older sealed value opens as well as a newer one.
 */
export interface MarkSeal {
  /** What holds the key, for people: `systemd-creds, host key and TPM2`. */
  readonly name: string
  /** Rejects where the machine's key is out of reach. */
  seal(plain: Uint8Array): Promise<Buffer>
  /** Rejects for anything that was not sealed here. */
  unseal(sealed: Uint8Array): Promise<Buffer>
}

/** What came of looking for one. */
export type FoundSeal = { readonly seal: MarkSeal } | { readonly seal: null; readonly why: string }
