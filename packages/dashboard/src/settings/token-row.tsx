import type { revokeToken } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useTry } from '../forms/doing.ts'
import { usePage, useSigned } from '../page.ts'
import { tokens as words } from '../strings/tokens.ts'
import { When } from '../ui/when.tsx'
import { RotateToken } from './rotate-token.tsx'
import type { MadeSecret, TokenView } from './tokens-section.tsx'

export interface TokenRowProps {
  readonly token: TokenView
  readonly made: (secret: MadeSecret) => void
  readonly changed: () => void
}

const TONES = { active: 'good', expired: 'warn', revoked: '' } as const

/** One token: what for, what it may do, who made it, when it was used and until when it is good. */
export function TokenRow({ token, made, changed }: TokenRowProps) {
  const { token_id, name, scopes, agent, state, created_by, created_at, expires_at, last_used_at } = token
  const { api } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const rotating = useSignal(false)
  const revoke = () =>
    attempt(async () => {
      if (!(await confirmations.ask({ ...words.revoke, title: words.revoke.title(name), danger: true }))) return
      await api.ask<typeof revokeToken>('DELETE', '/api/v1/tokens/{token_id}', { params: { token_id } })
      toasts.good(words.revoked(name))
      changed()
    })
  return (
    <li class="thing">
      <div class="thing-what">
        <p class="thing-name">
          {name} <span class={`pill ${TONES[state]}`}>{words.states[state]}</span>
          {scopes.map((scope) => (
            <code key={scope} class="pill">
              {scope}
            </code>
          ))}
        </p>
        <p class="thing-about">
          <code>{token_id}</code> · {agent === null ? words.anyAgent : words.oneAgent(agent)}
        </p>
        <p class="thing-about">
          {words.madeBy(madeBy(created_by))} <When at={created_at} /> ·{' '}
          {last_used_at === null ? (
            words.unused
          ) : (
            <>
              {words.used} <When at={last_used_at} />
            </>
          )}{' '}
          · {state === 'active' ? words.ends : words.ended} <When at={expires_at} />
        </p>
      </div>
      {state === 'active' && (
        <div class="thing-acts">
          <button
            type="button"
            class="quiet"
            aria-label={words.actOn(words.rotateAct, name)}
            onClick={() => {
              rotating.value = true
            }}
          >
            {words.rotateAct}
          </button>
          <button
            type="button"
            class="quiet"
            aria-label={words.actOn(words.revokeAct, name)}
            onClick={() => void revoke()}
          >
            {words.revokeAct}
          </button>
        </div>
      )}
      {rotating.value && (
        <RotateToken
          token={token}
          made={made}
          close={() => {
            rotating.value = false
          }}
        />
      )}
    </li>
  )
}

function madeBy(credential: string): string {
  if (credential === 'owner') return words.byOwner
  return credential.startsWith('page-') ? words.byPage(credential) : credential
}
