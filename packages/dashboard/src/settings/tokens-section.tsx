import type { AnswerOf, listTokens } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { tokens as words } from '../strings/tokens.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { AddToken } from './add-token.tsx'
import { SecretOnce } from './secret-once.tsx'
import { TokenRow } from './token-row.tsx'

export type TokenView = AnswerOf<typeof listTokens>['items'][number]

/** A secret that was just made, to be shown once. */
export interface MadeSecret {
  readonly name: string
  readonly token: string
}

/** What lets other programs in, and what each of them may do. */
export function TokensSection() {
  const { api } = useSigned()
  const adding = useSignal(false)
  const made = useSignal<MadeSecret | null>(null)
  const tokens = useResource((signal) => api.ask<typeof listTokens>('GET', '/api/v1/tokens', { signal }))
  useNews(
    ({ type }) => type.startsWith('token_'),
    () => void tokens.reload(),
  )
  const add = (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        adding.value = true
      }}
    >
      {words.add}
    </button>
  )
  const show = (secret: MadeSecret) => {
    made.value = secret
    void tokens.reload()
  }
  return (
    <div class="split">
      <Panel title={words.title} acts={add}>
        <Shown resource={tokens} what={words.what}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={words.none}>{words.noneLead}</Empty>
            ) : (
              <ul class="things">
                {items.map((token) => (
                  <TokenRow key={token.token_id} token={token} made={show} changed={() => void tokens.reload()} />
                ))}
              </ul>
            )
          }
        </Shown>
      </Panel>
      <Panel title={words.scopesTitle}>
        <p class="note">{words.scopesLead}</p>
        <dl class="explained">
          {Object.entries(words.scopes).map(([scope, text]) => (
            <div key={scope}>
              <dt>
                <code>{scope}</code>
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <p class="note">
          {words.owner} <code>{words.ownerCommand}</code>
        </p>
      </Panel>
      {adding.value && (
        <AddToken
          made={show}
          close={() => {
            adding.value = false
          }}
        />
      )}
      {made.value !== null && (
        <SecretOnce
          secret={made.value}
          close={() => {
            made.value = null
          }}
        />
      )}
    </div>
  )
}
