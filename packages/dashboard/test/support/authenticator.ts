import type { CDPSession, Page } from 'playwright-core'

/** An authenticator of the browser's own making (WebAuthn Level 3, section 11), driven over its debugging protocol. */
export class VirtualAuthenticator {
  readonly #cdp: CDPSession
  readonly #id: string

  private constructor(cdp: CDPSession, id: string) {
    this.#cdp = cdp
    this.#id = id
  }

  static async plugIn(page: Page): Promise<VirtualAuthenticator> {
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    const options = {
      protocol: 'ctap2' as const,
      transport: 'internal' as const,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    }
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options })
    return new VirtualAuthenticator(cdp, authenticatorId)
  }

  /** Whether it recognises the person in front of it. */
  async verify(isUserVerified: boolean): Promise<void> {
    await this.#cdp.send('WebAuthn.setUserVerified', { authenticatorId: this.#id, isUserVerified })
  }

  /** The sign counter of its one passkey. */
  async uses(): Promise<number | undefined> {
    const { credentials } = await this.#cdp.send('WebAuthn.getCredentials', { authenticatorId: this.#id })
    return credentials[0]?.signCount
  }
}
