import type { AnswerOf, listSignIns } from '@castellan/contracts/api'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { useOperatorKeys } from '../operator-keys/keys.ts'
import { useSigned } from '../page.ts'
import { BrowsersPanel } from './browsers-panel.tsx'
import { KeysPanel } from './keys-panel.tsx'
import { PassphrasePanel } from './passphrase-panel.tsx'

export type SignIns = AnswerOf<typeof listSignIns>

/** The entries that say that somebody came in, or left. */
const CONCERNED = /^(sign_in_|page_signed_)/

/** Who is signed in, and what lets somebody in. */
export function SignInSection() {
  const { api } = useSigned()
  const keys = useOperatorKeys()
  const signIns = useResource((signal) => api.ask<typeof listSignIns>('GET', '/api/v1/sign-ins', { signal }))
  useNews(
    ({ type }) => CONCERNED.test(type),
    () => void signIns.reload(),
  )
  const reload = () => {
    void signIns.reload()
    void keys.reload()
  }
  return (
    <div class="split">
      <div class="stack">
        <BrowsersPanel signIns={signIns} keys={keys} />
        <KeysPanel keys={keys} changed={reload} />
      </div>
      <PassphrasePanel signIns={signIns} />
    </div>
  )
}
