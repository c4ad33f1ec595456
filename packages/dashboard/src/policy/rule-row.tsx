import type { revokePolicyRule } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useTry } from '../forms/doing.ts'
import type { Resource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { signed } from '../session/statement.ts'
import { policyWords as words } from '../strings/policy.ts'
import { CedarText } from './cedar-text.tsx'
import { clausesOf, headInWords } from './in-words.ts'
import { readRule } from './reading.ts'
import { policyStatement } from './statement.ts'
import type { PolicyRule, PolicyView } from './views.ts'

export interface RuleRowProps {
  readonly rule: PolicyRule
  readonly view: PolicyView
  readonly policy: Resource<PolicyView>
  readonly chosen: boolean
  /** Begins a rule of one's own in its place; of a built-in rule. */
  readonly replace?: () => void
}

/** One rule: why, then what it does, then itself. */
export function RuleRow({ rule, view, policy, chosen, replace }: RuleRowProps) {
  const { id, effect, reason, file, line, text, always } = rule
  const row = useRef<HTMLLIElement>(null)
  // Drawn once somebody wants it: a policy may have two thousand rules.
  const opened = useSignal(chosen)
  useEffect(() => {
    if (!chosen) return
    row.current?.scrollIntoView({ block: 'center' })
    row.current?.focus({ preventScroll: true })
  }, [chosen])
  return (
    <li ref={row} tabIndex={-1} class={chosen ? 'policy-rule chosen' : 'policy-rule'}>
      <p class="policy-reason">{reason}</p>
      <p class="thing-about policy-does">
        <span class={`pill ${effect === 'permit' ? 'good' : 'bad'}`}>{words.rule.effects[effect]}</span>
        <InWords text={text} />
      </p>
      <div class="policy-rule-foot">
        <p class="thing-about">
          <code>{id}</code> · {words.rules.where(file, line)}
          {always && (
            <>
              {' '}
              <span class="pill warn">{words.rules.always}</span>
            </>
          )}
        </p>
        {replace !== undefined && (
          <button type="button" class="quiet" onClick={replace} aria-label={`${words.rules.replace}: ${id}`}>
            {words.rules.replace}
          </button>
        )}
        {always && <Revoke id={id} view={view} policy={policy} />}
      </div>
      <details
        class="more"
        open={chosen}
        onToggle={({ currentTarget }) => {
          if (currentTarget.open) opened.value = true
        }}
      >
        <summary>{words.rules.text}</summary>
        {(opened.value || chosen) && <CedarText text={text} label={words.rules.textOf(id)} />}
      </details>
    </li>
  )
}

/** What the rule does; nothing where it cannot be said. */
function InWords({ text }: { readonly text: string }) {
  const parts = readRule(text)
  if (parts === null) return null
  return (
    <span>
      {headInWords(parts)}
      {parts.conditions.map((condition, position) => (
        <span key={position}>
          {', '}
          <b>{words.rule[condition.kind]}</b>{' '}
          {clausesOf(condition).map((clause, at) => (
            <span key={at}>
              {at > 0 && ` ${words.rule.and} `}
              {clause.code ? <code>{clause.text}</code> : clause.text}
            </span>
          ))}
        </span>
      ))}
    </span>
  )
}

function Revoke({ id, view, policy }: { readonly id: string } & Pick<RuleRowProps, 'view' | 'policy'>) {
  const { api, signer, canApprove } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const { digest, loaded_entry } = view
  if (!canApprove || loaded_entry === null) return null
  const revoke = () =>
    attempt(async () => {
      const { title, done, ...question } = words.revoke
      if (!(await confirmations.ask({ ...question, title: title(id), danger: true }))) return
      const named = { policy: digest, loaded: loaded_entry }
      const word = await signed(signer, named, (said) => policyStatement({ act: 'revoke', about: id, ...said }))
      const body = { rule: id, word }
      policy.replace(await api.ask<typeof revokePolicyRule>('POST', '/api/v1/policy/revocation', { body }))
      toasts.good(done(id))
    })
  return (
    <button type="button" class="danger" onClick={() => void revoke()} aria-label={`${words.rules.revoke} ${id}`}>
      {words.rules.revoke}
    </button>
  )
}
