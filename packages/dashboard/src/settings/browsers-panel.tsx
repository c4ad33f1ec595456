import type { revokeSignIn } from '@castellan/contracts/api'
import { useTry } from '../forms/doing.ts'
import type { Resource } from '../live/resource.ts'
import type { OperatorKeyList } from '../operator-keys/keys.ts'
import { usePage, useSigned } from '../page.ts'
import { signIns as words } from '../strings/sign-ins.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import type { SignIns } from './sign-in-section.tsx'

type Browser = SignIns['items'][number]

export interface BrowsersPanelProps {
  readonly signIns: Resource<SignIns>
  /** For the names of the keys that the browsers hold. */
  readonly keys: Resource<OperatorKeyList>
}

/** The browsers that are signed in. Ending one closes what it has open. */
export function BrowsersPanel({ signIns, keys }: BrowsersPanelProps) {
  const { api } = useSigned()
  const { confirmations, session, toasts } = usePage()
  const attempt = useTry()
  const known = keys.state.value.kind === 'ready' ? keys.state.value.value : []
  const nameOf = ({ key_id, how }: Browser) =>
    known.find((key) => key.key_id === key_id)?.name ?? (key_id === null ? words.noKey : words.byHow[how])
  const state = signIns.state.value
  const others = state.kind === 'ready' ? state.value.items.filter(({ current }) => !current) : []
  const end = (ended: readonly Browser[], question: typeof words.end | typeof words.endOthers, title: string) =>
    attempt(async () => {
      if (!(await confirmations.ask({ ...question, title, danger: true }))) return
      for (const { sign_in_id } of ended)
        await api.ask<typeof revokeSignIn>('DELETE', '/api/v1/sign-ins/{sign_in_id}', { params: { sign_in_id } })
      toasts.good(words.ended(ended.length))
      void signIns.reload()
    })
  const endOthers = (
    <button
      type="button"
      class="quiet"
      onClick={() => void end(others, words.endOthers, words.endOthers.title(others.length))}
    >
      {words.endOthersAct}
    </button>
  )
  return (
    <Panel title={words.title} acts={others.length === 0 ? undefined : endOthers}>
      <Shown resource={signIns} what={words.what}>
        {({ items }) => (
          <ul class="things">
            {items.map((browser) => (
              <li class="thing" key={browser.sign_in_id}>
                <div class="thing-what">
                  <p class="thing-name">
                    {nameOf(browser)} {browser.current && <span class="pill good">{words.current}</span>}
                  </p>
                  <p class="thing-about">
                    <code>{browser.sign_in_id}</code> · {words.byHow[browser.how]}
                    {browser.address !== null && ` · ${words.from(browser.address)}`}
                  </p>
                  <p class="thing-about">
                    {words.since} <When at={browser.created_at} /> · {words.seen} <When at={browser.last_used_at} />
                  </p>
                </div>
                <div class="thing-acts">
                  {browser.current ? (
                    <button type="button" class="quiet" onClick={() => void session.signOut()}>
                      {words.signOut}
                    </button>
                  ) : (
                    <button
                      type="button"
                      class="quiet"
                      aria-label={words.actOn(words.endAct, `${nameOf(browser)}, ${browser.sign_in_id}`)}
                      onClick={() => void end([browser], words.end, words.end.title(nameOf(browser)))}
                    >
                      {words.endAct}
                    </button>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Shown>
      <p class="note after">
        {words.another} <code>{words.anotherCommand}</code> {words.anotherLead}
      </p>
    </Panel>
  )
}
