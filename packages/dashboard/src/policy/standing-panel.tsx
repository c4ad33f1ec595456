import { addressOf } from '../shell/router.ts'
import { policyWords as words } from '../strings/policy.ts'
import { Panel } from '../ui/page-frame.tsx'
import { When } from '../ui/when.tsx'
import type { PolicyView } from './views.ts'

const TONES = { ok: 'good', stale: 'warn', restricted: 'bad' } as const

/** Whether the files are what is in force, and what is wrong where they are not. */
export function StandingPanel({ view }: { readonly view: PolicyView }) {
  const { state, rules, loaded_at, loaded_entry, digest, problems, folder } = view
  return (
    <Panel title={words.standing.title}>
      <p class="thing-name policy-standing">
        <span class={`pill ${TONES[state]}`}>{words.standing[state]}</span>
        <span class="thing-about">
          {words.standing.rules(rules.length)}, {words.standing.since} <When at={loaded_at} />
          {loaded_entry !== null && (
            <>
              {' · '}
              <a href={addressOf('ledger', { path: [String(loaded_entry)] })}>{words.standing.entry(loaded_entry)}</a>
            </>
          )}
          {' · '}
          {words.standing.digest} <code title={digest}>{digest.slice(0, 12)}</code>
        </span>
      </p>
      {state !== 'ok' && (
        <div class="policy-wrong" role="alert">
          <p>
            {state === 'stale' ? words.standing.staleLead : words.standing.restrictedLead} <code>{folder}</code>:
          </p>
          <ul class="effects">
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      <p class="note">
        {words.standing.folder} <code>{folder}</code>. {!view.saving.possible && view.saving.reason}
      </p>
    </Panel>
  )
}
