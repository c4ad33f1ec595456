import type { ComponentChildren } from 'preact'
import { addressOf } from '../shell/router.ts'
import { policyWords as words } from '../strings/policy.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'
import { Panel } from '../ui/page-frame.tsx'
import { RuleLink } from './explanation.tsx'
import { groupKinds } from './kinds.ts'
import { type PolicyView, TONES, type Trial } from './views.ts'

/** Kinds of calls that are shown; as many rows again say nothing new. */
const MOST_KINDS = 60

export interface TrialPanelProps {
  readonly view: PolicyView
  /** Of exactly what is written. */
  readonly trial: Trial | null
  /** Something else was tried. */
  readonly stale: boolean
  readonly goTo: (line: number) => void
  readonly save?: () => void
  readonly busy: boolean
}

/** What a draft would change, and the button that makes it so. */
export function TrialPanel({ view, trial, stale, goTo, save, busy }: TrialPanelProps) {
  if (trial === null) {
    return (
      <Panel title={words.trial.title}>
        <p class="note">{stale ? words.trial.stale : words.trial.none}</p>
      </Panel>
    )
  }
  const { ok, problems, rules, warnings, tests, calls, kinds } = trial
  const moved = trial.loaded_entry !== view.loaded_entry
  return (
    <Panel title={words.trial.title}>
      <div role="status">
        <p class={`policy-verdict ${ok ? 'good' : 'bad'}`}>{ok ? words.trial.fine : words.trial.unfit}</p>
      </div>
      {problems.length > 0 && (
        <Part title={words.trial.problems}>
          {problems.map(({ file, line, message }, position) => (
            <li key={position}>
              {line === undefined ? (
                <code>{file}</code>
              ) : (
                <button type="button" class="quiet" onClick={() => goTo(line)}>
                  {file}, {words.trial.line(line)}
                </button>
              )}{' '}
              {message}
            </li>
          ))}
        </Part>
      )}
      {problems.length === 0 && (
        <>
          {(['added', 'changed', 'removed'] as const).map(
            (what) =>
              rules[what].length > 0 && (
                <p key={what} class="policy-named">
                  {words.trial.rules[what]}: <code>{rules[what].join(', ')}</code>
                </p>
              ),
          )}
          {warnings.length > 0 && (
            <div class="policy-wrong">
              <b>{words.trial.warnings}</b>
              <ul class="effects">
                {warnings.map((warning) => (
                  <li key={warning}>{warning}</li>
                ))}
              </ul>
            </div>
          )}
          <p>{words.trial.tests(tests.passed, tests.failed.length)}</p>
          {tests.failed.length > 0 && (
            <Part>
              {tests.failed.map(({ file, name, problem }, position) => (
                <li key={position}>
                  <b>{name}</b> ({file}): {problem}
                </li>
              ))}
            </Part>
          )}
          <p>{calls === null ? words.trial.noCalls : words.trial.calls(calls.changed, calls.asked)}</p>
          {calls !== null && calls.differences.length > 0 && <CallTable view={view} calls={calls} />}
          <p>{words.trial.kinds(kinds.changed, kinds.asked, kinds.complete)}</p>
          {kinds.differences.length > 0 && <KindTable view={view} kinds={kinds} />}
        </>
      )}
      {!view.saving.possible && <p class="note">{view.saving.reason}</p>}
      {moved && (
        <p class="note" role="status">
          {words.trial.moved}
        </p>
      )}
      {save !== undefined && view.saving.possible && (
        <div class="dialog-acts">
          <button
            type="button"
            class="primary"
            aria-disabled={!ok || moved || busy}
            onClick={() => {
              if (ok && !moved && !busy) save()
            }}
          >
            {busy && <span class="spinner" />} {words.trial.save}
          </button>
        </div>
      )}
    </Panel>
  )
}

function Part({ title, children }: { readonly title?: string; readonly children: ComponentChildren }) {
  return (
    <>
      {title !== undefined && <h3>{title}</h3>}
      <ul class="effects policy-list">{children}</ul>
    </>
  )
}

function CallTable({ view, calls }: { readonly view: PolicyView; readonly calls: NonNullable<Trial['calls']> }) {
  const { columns } = words.trial
  const shown = calls.differences.reduce((sum, { times }) => sum + times, 0)
  return (
    <>
      <ScrollRegion class="scroll policy-table" label={words.trial.callTable}>
        <table>
          <thead>
            <tr>
              <th scope="col">{columns.entry}</th>
              <th scope="col">{columns.tool}</th>
              <th scope="col">{columns.caller}</th>
              <th scope="col">{columns.before}</th>
              <th scope="col">{columns.after}</th>
            </tr>
          </thead>
          <tbody>
            {calls.differences.map(({ index, times, tool, agent, mode, before, after }) => (
              <tr key={index}>
                <td>
                  <a href={addressOf('ledger', { path: [String(index)] })}>{`№ ${index}`}</a>
                  {words.trial.times(times)}
                </td>
                <td>{tool}</td>
                <td>
                  {agent} <span class="thing-about">{mode}</span>
                </td>
                <td>
                  <Decided view={view} decided={before} />
                </td>
                <td>
                  <Decided view={view} decided={after} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {calls.changed > shown && <p class="note">{words.trial.more(shown, calls.changed)}</p>}
    </>
  )
}

function KindTable({ view, kinds }: { readonly view: PolicyView; readonly kinds: Trial['kinds'] }) {
  const { columns } = words.trial
  const shown = groupKinds(kinds.differences).slice(0, MOST_KINDS)
  return (
    <details class="more">
      <summary>{words.trial.kindTable}</summary>
      <ScrollRegion class="scroll policy-table" label={words.trial.kindTable}>
        <table>
          <thead>
            <tr>
              <th scope="col">{columns.tool}</th>
              <th scope="col">{columns.caller}</th>
              <th scope="col">{columns.about}</th>
              <th scope="col">{columns.before}</th>
              <th scope="col">{columns.after}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ tools, caller, agent, modes, abouts, before, after }, position) => (
              <tr key={position}>
                <td>{words.trial.tools(tools)}</td>
                <td>
                  {caller} {agent === caller ? '' : agent} <span class="thing-about">{modes.join(', ')}</span>
                </td>
                <td>{words.trial.abouts(abouts)}</td>
                <td>
                  <Decided view={view} decided={before} />
                </td>
                <td>
                  <Decided view={view} decided={after} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {kinds.changed > kinds.differences.length && (
        <p class="note">{words.trial.more(kinds.differences.length, kinds.changed)}</p>
      )}
    </details>
  )
}

type Decided = Trial['kinds']['differences'][number]['before']

function Decided({
  view,
  decided: { decision, rule, approvals = 1 },
}: {
  readonly view: PolicyView
  readonly decided: Decided
}) {
  return (
    <span class="policy-decided">
      <span class={`pill ${TONES[decision]}`}>
        {decision}
        {approvals > 1 && words.trial.people(approvals)}
      </span>
      <RuleLink id={rule} view={view} />
    </span>
  )
}
