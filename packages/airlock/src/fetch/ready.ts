import type { CastellanError } from '@castellan/contracts'
import type { Checked, Gate } from '../inspection/gate.ts'
import type { Recorder } from '../record/recorder.ts'
import { secretNamed } from '../secrets/placeholder.ts'
import type { Injected, Secrets } from '../secrets/secrets.ts'
import type { Hop } from './exchange.ts'
import type { Caller } from './fetch.ts'

export interface ReadyParts {
  readonly gate: Gate
  readonly secrets: Secrets
  readonly recorder: Recorder
}

/** A hop that was looked into, with the secrets that go with it. */
export interface Ready {
  readonly hop: Hop
  readonly checked: Checked
  readonly injected: readonly Injected[]
}

/**
 * Looks into a request, and finds what is put into it; values are put in as it is sent, so nobody looks into them. A refusal is put on
 * record. Throws `egress_leak`, `egress_held`, and `egress_denied` for a secret that is not granted for it.
 */
export async function makeReady(
  { gate, secrets, recorder }: ReadyParts,
  hop: Hop,
  { purpose, caller, signal }: { readonly purpose: string; readonly caller: Caller; readonly signal: AbortSignal },
): Promise<Ready> {
  const { address, destination } = hop
  const named = Object.entries(hop.headers).filter(([, value]) => secretNamed(value) !== undefined)
  const plain = Object.fromEntries(Object.entries(hop.headers).filter(([, value]) => secretNamed(value) === undefined))
  try {
    const injected = named.map(([name, value]) =>
      secrets.inject(name, secretNamed(value) as string, address.aim, destination),
    )
    const outgoing = { url: address.url, headers: plain, body: hop.body }
    const auth = caller.credentials ? destination.auth : 'none'
    const asked = { method: address.aim.method, purpose, outgoing, destination: { ...destination, auth } }
    const checked = await gate.check(asked, signal)
    const { url, headers, body } = checked.outgoing
    const next = { ...hop, address: { ...address, url }, headers: { ...headers, ...Object.fromEntries(named) }, body }
    return { hop: next, checked, injected }
  } catch (error) {
    const { code } = error as CastellanError
    // The gate puts its own refusals on record.
    if (code === 'egress_denied') {
      const { method, host } = address.aim
      recorder.refused({ type: 'egress_refused', purpose, method, host, found: 'secret_not_granted', ok: false, code })
    }
    throw error
  }
}
