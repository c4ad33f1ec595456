import { addressOf } from '../shell/router.ts'
import { insights as words } from '../strings/insights.ts'
import { Shield } from '../theme/icons.tsx'

/** The usual state, and the one to be proud of. */
export function NothingLeft({ refused }: { readonly refused: number }) {
  return (
    <section class="nothing-left" aria-label={words.nothing.title}>
      <Shield />
      <div>
        <h2>{words.nothing.title}</h2>
        <p>{words.nothing.lead}</p>
        <p class="note">
          {words.nothing.how} <code>{words.nothing.command}</code>
        </p>
        {refused > 0 && (
          <p>
            <a href={addressOf('insights', { query: { view: 'refused' } })}>{words.nothing.refused(refused)}</a>
          </p>
        )}
        <p class="note">
          {words.nothing.probes}{' '}
          <a href={addressOf('ledger', { query: { text: 'http_check' } })}>{words.nothing.toLedger}</a>
        </p>
      </div>
    </section>
  )
}
