import { CastellanError } from '@castellan/contracts'
import { listSignIns, removePassphrase, revokeSignIn, setPassphrase } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../plugins/caller.ts'
import type { Passphrase } from '../../sign-in/passphrase.ts'
import type { PageSessions } from '../../sign-in/sessions.ts'
import type { WaysIn } from '../../sign-in/ways-in.ts'
import { type Recorder, unrecorded } from '../../tokens/tokens.ts'
import { serve } from '../serve.ts'

export interface SignInsParts {
  readonly pageSessions: PageSessions
  readonly passphrase: Passphrase
  readonly waysIn: Pick<WaysIn, 'knowsPassphrase'>
  readonly records: Recorder
}

export function addSignIns(app: FastifyInstance, { pageSessions, passphrase, waysIn, records }: SignInsParts): void {
  serve(app, listSignIns, ({ caller }) => ({
    items: pageSessions.list(caller.credential),
    passphrase_set: passphrase.isSet,
  }))

  serve(app, revokeSignIn, async ({ params: { sign_in_id } }) => {
    await pageSessions.revoke(sign_in_id)
    await records.append({ type: 'page_signed_out', session: sign_in_id }).catch((error: unknown) => {
      throw unrecorded(`${sign_in_id} is signed out`, error)
    })
    return undefined
  })

  serve(app, setPassphrase, async ({ body, caller }) => {
    refuseToken(caller)
    await confirm(caller, body.current)
    const change = passphrase.isSet ? 'changed' : 'added'
    await records.append({ type: 'sign_in_method_changed', how: 'passphrase', change, by: caller.credential })
    await passphrase.set(body.passphrase)
    await pageSessions.endAll('passphrase', caller.credential)
    return undefined
  })

  serve(app, removePassphrase, async ({ caller }) => {
    // A page that could remove it could then set another one without naming it.
    if (caller.kind !== 'owner') {
      throw new CastellanError(
        'forbidden',
        'The passphrase is removed with the owner’s token: agentctl sign-in passphrase --remove',
      )
    }
    if (!passphrase.isSet) throw new CastellanError('not_found', 'No passphrase is set.')
    await records.append({
      type: 'sign_in_method_changed',
      how: 'passphrase',
      change: 'removed',
      by: caller.credential,
    })
    await passphrase.remove()
    await pageSessions.endAll('passphrase', caller.credential)
    return undefined
  })

  /** A browser that somebody found unlocked must not make itself a way in that stays. */
  async function confirm(caller: Caller, current: string | undefined): Promise<void> {
    if (caller.kind === 'owner' || !passphrase.isSet) return
    if (current !== undefined && (await waysIn.knowsPassphrase(current, caller.credential))) return
    throw new CastellanError(
      'sign_in_failed',
      'Name the passphrase that is in force as current, or use the owner’s token.',
    )
  }
}

/** Through the page it would get more than a token may have. */
function refuseToken({ kind }: Caller): void {
  if (kind !== 'token') return
  throw new CastellanError(
    'forbidden',
    'The passphrase is set on the page, or with the owner’s token: agentctl sign-in passphrase',
  )
}
