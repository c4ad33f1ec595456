import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { usePage } from '../page.ts'
import { strings } from '../strings.ts'
import { Tower } from '../theme/icons.tsx'
import { ThemeToggle } from '../theme/theme-toggle.tsx'

export interface SignInPageProps {
  readonly problem: string | null
  readonly busy: boolean
  /** A code that came with the address. */
  readonly given?: string
}

export function SignInPage({ problem, busy, given = '' }: SignInPageProps) {
  const { session } = usePage()
  const code = useSignal(given)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [problem])
  return (
    <main class="sign-in">
      <div class="sign-in-corner">
        <ThemeToggle />
      </div>
      <form
        class="sign-in-card"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) void session.signIn(code.value)
        }}
      >
        <Tower size={36} />
        <h1>
          {strings.title} <small>{strings.tagline}</small>
        </h1>
        <p>{strings.signIn.lead}</p>
        <label for="sign-in-code">{strings.signIn.code}</label>
        <input
          id="sign-in-code"
          ref={input}
          class="code"
          value={code.value}
          onInput={({ currentTarget }) => {
            code.value = currentTarget.value
          }}
          placeholder="XXXXX-XXXXX-XXXXX-XXXXX"
          maxLength={64}
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck={false}
          aria-invalid={problem !== null}
          aria-describedby="sign-in-problem sign-in-where"
        />
        <p class="problem" id="sign-in-problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="primary" aria-disabled={busy}>
          {busy ? strings.signIn.busy : strings.signIn.submit}
        </button>
        {session.passkeysPossible && (
          <button
            type="button"
            class="with-passkey"
            aria-disabled={busy}
            onClick={() => {
              if (busy) return
              // With a code a new passkey is made; without one, whichever this person has already.
              void (code.value.trim() === '' ? session.signInWithPasskey() : session.signIn(code.value, true))
            }}
          >
            {strings.signIn.withPasskey}
          </button>
        )}
        {session.ways.value.key && (
          <button type="button" class="with-key" aria-disabled={busy} onClick={() => busy || session.signInWithKey()}>
            {strings.signIn.withKey}
          </button>
        )}
        <p class="note" id="sign-in-where">
          {strings.signIn.where}
        </p>
        <code class="command">{strings.signIn.command}</code>
        <p class="note">{session.passkeysPossible ? strings.signIn.passkeyNote : strings.signIn.keyNote}</p>
      </form>
      {session.ways.value.passphrase && <PassphraseForm busy={busy} />}
    </main>
  )
}

function PassphraseForm({ busy }: { readonly busy: boolean }) {
  const { session } = usePage()
  const passphrase = useSignal('')
  return (
    <form
      class="sign-in-card passphrase-card"
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy) void session.signInWithPassphrase(passphrase.value)
      }}
    >
      <label for="sign-in-passphrase">{strings.signIn.passphrase}</label>
      <input
        id="sign-in-passphrase"
        type="password"
        value={passphrase.value}
        onInput={({ currentTarget }) => {
          passphrase.value = currentTarget.value
        }}
        maxLength={256}
        autocomplete="current-password"
        aria-describedby="sign-in-problem"
      />
      <button type="submit" aria-disabled={busy}>
        {busy ? strings.signIn.busy : strings.signIn.withPassphrase}
      </button>
    </form>
  )
}
