import { addressOf } from '../shell/router.ts'
import { policyWords as words } from '../strings/policy.ts'
import { type Explanation, type PolicyView, TONES } from './views.ts'

export interface AnswerProps {
  readonly explanation: Explanation
  readonly view: Pick<PolicyView, 'rules'>
}

/** What policy says about a call, by which rule, why, and what would make it milder. */
export function Answer({ explanation, view }: AnswerProps) {
  const { decision, approvals = 1, rule, where, reasons, otherwise, mode, taint, resources } = explanation
  return (
    <div class="policy-answer">
      <p class={`policy-verdict ${TONES[decision]}`}>
        {decision === 'ask' ? words.verdict.ask(approvals) : words.verdict[decision]}
      </p>
      {reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <p class="thing-about">
        {rule === 'default-deny' ? (
          words.explain.nobody
        ) : (
          <>
            {words.explain.rule} <RuleLink id={rule} view={view} />
            {where !== undefined && ` (${where})`}
          </>
        )}
        {' · '}
        {words.explain.mode_(mode)}
        {taint.length > 0 && ` · ${taint.join(', ')}`}
      </p>
      {resources.length > 0 && (
        <>
          <h3>{words.explain.about}</h3>
          <ul class="effects">
            {resources.map(({ kind, id, access }) => (
              <li key={`${kind} ${id} ${access}`}>
                {words.explain.access[access]} {kind} <code>{id}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {decision !== 'allow' && (
        <>
          <h3>{words.explain.otherwise}</h3>
          {otherwise.length === 0 ? (
            <p class="note">{words.explain.nothingElse}</p>
          ) : (
            <ul class="effects">
              {otherwise.map((change) => (
                <li key={change.if}>
                  {change.if}: <span class={`pill ${TONES[change.decision]}`}>{words.decisions[change.decision]}</span>{' '}
                  <RuleLink id={change.rule} view={view} />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </div>
  )
}

/** Leads to the rule, where it is one of those in force. */
export function RuleLink({ id, view }: { readonly id: string } & Pick<AnswerProps, 'view'>) {
  if (!view.rules.some((rule) => rule.id === id)) return <code>{id}</code>
  return (
    <a href={addressOf('policy', { query: { rule: id } })}>
      <code>{id}</code>
    </a>
  )
}
