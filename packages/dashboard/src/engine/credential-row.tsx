import type { deleteCredential, revokeCredential, testCredential } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useTry } from '../forms/doing.ts'
import { usePage, useSigned } from '../page.ts'
import { engine as words } from '../strings/engine.ts'
import { When } from '../ui/when.tsx'
import { knownProvider } from './prefix.ts'
import { RotateCredential } from './rotate-credential.tsx'
import type { CredentialView } from './views.ts'

export interface CredentialRowProps {
  readonly credential: CredentialView
  readonly changed: () => void
}

const TONES = { healthy: 'good', cooling_down: 'warn', revoked: '' } as const

/** One credential: whose, how it is, and what can be done with it. */
export function CredentialRow({ credential, changed }: CredentialRowProps) {
  const { id, label, provider, auth, base_url, preview, state, version, cooling_down } = credential
  const { api } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const rotating = useSignal(false)
  const testing = useSignal(false)
  const params = { credential_id: id }

  const test = async () => {
    testing.value = true
    await attempt(async () => {
      const { ok, message, model, duration_ms } = await api.ask<typeof testCredential>(
        'POST',
        '/api/v1/credentials/{credential_id}/test',
        { params, body: {} },
      )
      if (ok) toasts.good(words.credentials.testGood(label, model, duration_ms))
      else toasts.bad(words.credentials.testBad(label, message))
      changed()
    })
    testing.value = false
  }
  const revoke = () =>
    attempt(async () => {
      if (!(await confirmations.ask({ ...words.revoke, title: words.revoke.title(label), danger: true }))) return
      await api.ask<typeof revokeCredential>('POST', '/api/v1/credentials/{credential_id}/revoke', { params })
      toasts.good(words.credentials.revoked(label))
      changed()
    })
  const remove = () =>
    attempt(async () => {
      if (!(await confirmations.ask({ ...words.remove, title: words.remove.title(label), danger: true }))) return
      await api.ask<typeof deleteCredential>('DELETE', '/api/v1/credentials/{credential_id}', { params })
      toasts.good(words.credentials.removed(label))
      changed()
    })

  const facts = [
    knownProvider(provider)?.title ?? provider,
    words.auth[auth],
    ...(preview === null ? [] : [words.credentials.ends(preview)]),
    ...(version === 1 ? [] : [words.credentials.version(version)]),
    ...(base_url === null ? [] : [base_url]),
  ]
  const live = state !== 'revoked'
  const act = (word: string, run: () => void, busy = false) => (
    <button
      type="button"
      class="quiet"
      aria-disabled={busy}
      aria-label={words.credentials.actOn(word, label)}
      onClick={() => {
        if (!busy) run()
      }}
    >
      {busy && <span class="spinner" />} {word}
    </button>
  )
  return (
    <li class="thing">
      <div class="thing-what">
        <p class="thing-name">
          {label} <span class={`pill ${TONES[state]}`}>{words.credentials.state[state]}</span>
        </p>
        <p class="thing-about">{facts.join(' · ')}</p>
        <p class={cooling_down === null ? 'thing-about' : 'thing-about bad'}>
          <Past credential={credential} />
        </p>
      </div>
      <div class="thing-acts">
        {live && act(words.credentials.test, () => void test(), testing.value)}
        {live &&
          act(words.credentials.rotate, () => {
            rotating.value = true
          })}
        {live && act(words.credentials.revoke, () => void revoke())}
        {!live && act(words.credentials.remove, () => void remove())}
      </div>
      {rotating.value && (
        <RotateCredential
          credential={credential}
          changed={changed}
          close={() => {
            rotating.value = false
          }}
        />
      )}
    </li>
  )
}

function Past({ credential: { cooling_down, last_used_at, last_test } }: { readonly credential: CredentialView }) {
  const { credentials } = words
  return (
    <>
      {cooling_down !== null && (
        <>
          {credentials.cooling[cooling_down.reason]}, <When at={cooling_down.until} /> ·{' '}
        </>
      )}
      {last_used_at === null ? (
        credentials.neverUsed
      ) : (
        <>
          {credentials.used} <When at={last_used_at} />
        </>
      )}
      {last_test !== null && (
        <>
          {' · '}
          {credentials.tested} {last_test.ok ? credentials.testedGood : credentials.testedBad(last_test.code)}{' '}
          <When at={last_test.at} />
        </>
      )}
    </>
  )
}
