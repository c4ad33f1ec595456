import { createHmac } from 'node:crypto'
import { OperatorKeyId, type PageSession, SignInRedemption, SignInRequest, signInText } from '@castellan/contracts'
import { describe, expect, test } from 'vitest'
import { RequestError } from '../../src/connection/http.ts'
import type { KeyStore } from '../../src/session/key-store.ts'
import { type BrowserKey, makeBrowserKey, type OperatorKey } from '../../src/session/operator-key.ts'
import type { Passkeys } from '../../src/session/passkeys.ts'
import { Session } from '../../src/session/session.ts'
import { strings } from '../../src/strings.ts'

const CODE = '7K2M9-QRSTV-0WXYZ-13456'
const NONCE = 'n'.repeat(43)
const KEY = OperatorKeyId.parse('opk_12345678')
const OUT: PageSession = { signed_in: false, key_id: null }
const IN: PageSession = { signed_in: true, key_id: KEY }

const address = (code: string, choose = false) => ({ code, choose })

/** What a sign-in says of its key, whichever kind it is. */
interface AnyKey {
  readonly name?: string
  readonly public_key?: string
  readonly key_id?: string
  readonly key_mac: string
  readonly passkey?: { readonly credential_id: string }
}

class MemoryKeys implements KeyStore {
  key: OperatorKey | null = null
  load = async () => this.key
  save = async (key: OperatorKey) => {
    this.key = key
  }
  forget = async () => {
    this.key = null
  }
}

const refuse = () => Promise.reject(new DOMException('The person said no.', 'NotAllowedError'))
const noPasskeys: Passkeys = { possible: false, create: refuse, sign: refuse, pick: refuse }

function setUp({
  session = OUT,
  refusal,
  secure = true,
  passkeys = noPasskeys,
  refusals = refusal === undefined ? [] : [refusal],
  keys: held = null,
}: {
  session?: PageSession
  refusal?: Error
  secure?: boolean
  passkeys?: Passkeys
  /** One after the other. */
  refusals?: Error[]
  keys?: OperatorKey | null
} = {}) {
  const keys = new MemoryKeys()
  keys.key = held
  const redeemed: { readonly proof: string; readonly key?: AnyKey }[] = []
  const others: SignInRequest[] = []
  const gateway = {
    session: async () => session,
    challenge: async () => ({ nonce: NONCE, passphrase_set: true }),
    async signIn(request: SignInRequest) {
      if ('proof' in request) redeemed.push(SignInRedemption.parse(request))
      else others.push(SignInRequest.parse(request))
      const refused = refusals.shift()
      if (refused !== undefined) throw refused
      return IN
    },
    signOut: async () => {},
  }
  const page = new Session({ gateway, keys, passkeys, browserName: 'Firefox on Linux', secure })
  return { keys, redeemed, others, page }
}

const mac = (text: string) => createHmac('sha256', '7K2M9QRSTV0WXYZ13456').update(text).digest('hex')

describe('signing in', () => {
  test('proves the code, and binds a new key to it, without sending it', async () => {
    const { keys, redeemed, page } = setUp()
    await page.start(address(CODE.toLowerCase()))
    const [redemption] = redeemed
    expect(redemption?.proof).toBe(mac('castellan sign-in'))
    expect(redemption?.key?.key_mac).toBe(mac(`castellan enrol ${redemption?.key?.public_key}`))
    expect(redemption?.key?.name).toBe('Firefox on Linux')
    expect(JSON.stringify(redeemed)).not.toContain('7K2M9')
    expect(page.state.value).toEqual({ kind: 'signed-in', canApprove: true })
    expect(keys.key).toMatchObject({ keyId: KEY, publicKey: redemption?.key?.public_key })
  })

  test('makes a key whose private half cannot be taken out', async () => {
    const { keys, page } = setUp()
    await page.start(address(CODE))
    const key = keys.key as BrowserKey
    expect(key.privateKey.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('pkcs8', key.privateKey)).rejects.toThrow()
  })

  test('again brings the key this browser has', async () => {
    const { keys, redeemed, page } = setUp()
    await page.start(address(CODE))
    await page.signOut()
    await page.signIn(CODE)
    expect(redeemed[1]?.key?.public_key).toBe(redeemed[0]?.key?.public_key)
    expect(keys.key?.keyId).toBe(KEY)
  })

  test('leaves the code unspent where this browser is signed in and can approve', async () => {
    const first = setUp()
    await first.page.start(address(CODE))
    const { keys, redeemed, page } = setUp({ session: IN })
    keys.key = first.keys.key
    await page.start(address(CODE))
    expect(redeemed).toEqual([])
    expect(page.state.value).toEqual({ kind: 'signed-in', canApprove: true })
  })
})

describe('a failed sign-in says what to do', () => {
  const problem = async (options: Parameters<typeof setUp>[0], code = CODE) => {
    const { page } = setUp(options)
    await page.start(address(code))
    return page.state.value
  }

  test('for a wrong, spent or expired code', async () => {
    const refusal = new RequestError('sign_in_failed', 'This code is wrong.')
    expect(await problem({ refusal })).toEqual({ kind: 'signed-out', problem: strings.signIn.wrongCode, busy: false })
  })

  test('when the gateway does not answer', async () => {
    const refusal = new RequestError('unreachable', '')
    expect(await problem({ refusal })).toMatchObject({ problem: strings.signIn.unreachable })
  })

  test('with the gateway’s own words where it has some', async () => {
    expect(await problem({ refusal: new RequestError('rate_limited', 'Wait 40 s.') })).toMatchObject({
      problem: 'Wait 40 s.',
    })
  })

  test('on an address where browsers do not sign', async () => {
    expect(await problem({ secure: false })).toMatchObject({ problem: strings.signIn.insecure })
  })

  test('when there is no code in it', async () => {
    expect(await problem({}, ' - ')).toMatchObject({ problem: strings.signIn.empty })
  })
})

test('without a code and without a session the page asks for one, with no complaint', async () => {
  const { page } = setUp()
  await page.start(null)
  expect(page.state.value).toEqual({ kind: 'signed-out', problem: null, busy: false })
})

test('a browser whose key is gone can chat but not approve', async () => {
  const { page } = setUp({ session: IN })
  await page.start(null)
  expect(page.state.value).toEqual({ kind: 'signed-in', canApprove: false })
})

test('a key that is refused, perhaps revoked, is not brought again', async () => {
  const { keys, page } = setUp({ refusal: new RequestError('conflict', 'This key was revoked.') })
  await page.start(address(CODE))
  expect(keys.key).toBeNull()
  expect(page.key).toBeNull()
})

test('where the key this browser has was revoked, a new one takes its place with the same code', async () => {
  const { keys, page, redeemed } = setUp()
  await page.start(address(CODE))
  const old = (keys.key as BrowserKey).publicKey
  await page.signOut()
  const refusals = [new RequestError('conflict', 'This key was revoked.')]
  const again = setUp({ refusals, keys: keys.key })
  await again.page.start(address(CODE))
  expect(redeemed[0]?.key?.public_key).toBe(old)
  expect(again.redeemed.map(({ key }) => key?.public_key === old)).toEqual([true, false])
  expect(again.page.state.value).toEqual({ kind: 'signed-in', canApprove: true })
})

describe('with a passkey', () => {
  const passkeys: Passkeys = {
    possible: true,
    create: async (challenge) => ({ credential_id: 'Y3JlZA', client_data: challenge, attestation: 'YXR0' }),
    sign: refuse,
    pick: refuse,
  }

  test('an invitation waits until its owner has chosen, and the passkey is bound to the code', async () => {
    const { keys, redeemed, page } = setUp({ passkeys })
    await page.start(address(CODE, true))
    expect(page.state.value).toEqual({ kind: 'signed-out', problem: null, busy: false, code: CODE })
    expect(redeemed).toEqual([])

    await page.signIn(CODE, true)
    const challenge = createHmac('sha256', '7K2M9QRSTV0WXYZ13456').update('castellan passkey').digest('base64url')
    expect(redeemed[0]?.key).toEqual({
      name: 'Firefox on Linux',
      passkey: { credential_id: 'Y3JlZA', client_data: challenge, attestation: 'YXR0' },
      key_mac: mac(`castellan enrol passkey Y3JlZA ${challenge} YXR0`),
    })
    expect(keys.key).toEqual({ credentialId: 'Y3JlZA', keyId: KEY })
  })

  test('signing in again names it, and makes no other', async () => {
    const { redeemed, page } = setUp({ passkeys })
    await page.start(null)
    await page.signIn(CODE, true)
    await page.signOut()
    await page.signIn(CODE)
    expect(redeemed[1]?.key).toEqual({ key_id: KEY, key_mac: mac(`castellan use ${KEY}`) })
  })

  test('one that is refused is told in plain words, and the code stays unspent', async () => {
    const { redeemed, page } = setUp({ passkeys: { ...passkeys, create: refuse } })
    await page.start(null)
    await page.signIn(CODE, true)
    expect(page.state.value).toMatchObject({ kind: 'signed-out', problem: strings.signIn.passkeyRefused })
    expect(redeemed).toEqual([])
  })

  test('one is added while signed in, bound to a fresh code, and signs from then on', async () => {
    const { keys, redeemed, page } = setUp({ passkeys })
    await page.start(address(CODE))
    await page.addPasskey(CODE)
    expect(redeemed[1]?.key).toMatchObject({ name: 'Firefox on Linux', passkey: { credential_id: 'Y3JlZA' } })
    expect(JSON.stringify(redeemed)).not.toContain('7K2M9')
    expect(keys.key).toEqual({ credentialId: 'Y3JlZA', keyId: KEY })
    expect(page.key).toEqual(keys.key)
    // Its earlier sign-in ends, which is no news.
    page.ended()
    expect(page.state.value).toMatchObject({ kind: 'signed-in' })
  })

  test('one that is refused leaves the key and the sign-in as they were, and says why', async () => {
    const { keys, redeemed, page } = setUp({ passkeys: { ...passkeys, create: refuse } })
    await page.start(address(CODE))
    const before = keys.key
    await expect(page.addPasskey('')).rejects.toThrow(strings.signIn.empty)
    await expect(page.addPasskey(CODE)).rejects.toThrow(strings.signIn.passkeyRefused)
    expect(redeemed).toHaveLength(1)
    expect([keys.key, page.key]).toEqual([before, before])
    page.ended()
    expect(page.state.value).toMatchObject({ kind: 'signed-out', problem: strings.signIn.ended })
  })
})

describe('without a code', () => {
  test('whichever passkey its owner picks signs the nonce, and what they approve from then on', async () => {
    const assertion = { client_data: 'YQ', authenticator_data: 'Yg', signature: 'Yw' }
    const signed: string[] = []
    const pick: Passkeys['pick'] = async (text) => {
      signed.push(text)
      return { credentialId: 'Y3JlZA', assertion }
    }
    const { keys, others, page } = setUp({ passkeys: { ...noPasskeys, possible: true, pick } })
    await page.start(null)
    await page.signInWithPasskey()
    expect(signed).toEqual([signInText(NONCE)])
    expect(others).toEqual([{ nonce: NONCE, key: { credential_id: 'Y3JlZA', assertion } }])
    expect(keys.key).toEqual({ credentialId: 'Y3JlZA', keyId: KEY })
    expect(page.state.value).toEqual({ kind: 'signed-in', canApprove: true })
  })

  test('a passkey that is not picked leaves everything as it was', async () => {
    const { keys, others, page } = setUp({ passkeys: { ...noPasskeys, possible: true } })
    await page.start(null)
    await page.signInWithPasskey()
    expect([others, keys.key]).toEqual([[], null])
    expect(page.state.value).toMatchObject({ kind: 'signed-out', problem: strings.signIn.passkeyRefused })
  })

  test('a browser with an enrolled key signs the gateway’s nonce with it', async () => {
    const made = await makeBrowserKey()
    const { others, page } = setUp({ keys: { ...(made as BrowserKey), keyId: KEY } })
    await page.start(null)
    expect(page.ways.value.key).toBe(true)
    await page.signInWithKey()
    expect(page.state.value).toEqual({ kind: 'signed-in', canApprove: true })
    const [request] = others
    if (request === undefined || !('nonce' in request) || !('signature' in request.key)) throw new Error('not signed')
    const publicKey = await crypto.subtle.importKey(
      'raw',
      Buffer.from(made?.publicKey ?? '', 'base64'),
      'Ed25519',
      false,
      ['verify'],
    )
    const signature = Buffer.from(request.key.signature, 'base64')
    expect(request.nonce).toBe(NONCE)
    expect(await crypto.subtle.verify('Ed25519', publicKey, signature, Buffer.from(signInText(NONCE)))).toBe(true)
  })

  test('a browser without one offers none, and the passphrase where there is one', async () => {
    const { others, page } = setUp()
    await page.start(null)
    await expect.poll(() => page.ways.value).toEqual({ key: false, passphrase: true })
    await page.signInWithKey()
    expect(others).toEqual([])
    await page.signInWithPassphrase('correct horse battery staple')
    expect(others).toEqual([{ passphrase: 'correct horse battery staple' }])
    expect(page.state.value).toMatchObject({ kind: 'signed-in' })
  })

  test('a wrong passphrase and a revoked key are told apart from a wrong code', async () => {
    const refusals = [1, 2].map(() => new RequestError('sign_in_failed', ''))
    const { page } = setUp({ refusals, keys: { ...((await makeBrowserKey()) as BrowserKey), keyId: KEY } })
    await page.start(null)
    await page.signInWithPassphrase('wrong')
    expect(page.state.value).toMatchObject({ problem: strings.signIn.wrongPassphrase })
    await page.signInWithKey()
    expect(page.state.value).toMatchObject({ problem: strings.signIn.wrongKey })
  })
})
