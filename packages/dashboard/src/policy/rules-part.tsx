import { useSignal } from '@preact/signals'
import { TextFilter } from '../forms/text-filter.tsx'
import type { Resource } from '../live/resource.ts'
import { usePage } from '../page.ts'
import { policyWords as words } from '../strings/policy.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty } from '../ui/states.tsx'
import { freeName } from './draft.ts'
import { RuleRow } from './rule-row.tsx'
import { type FileGroup, groupsOf, type PolicyView } from './views.ts'

export interface RulesPartProps {
  readonly view: PolicyView
  readonly policy: Resource<PolicyView>
  readonly filter: string
  /** The rule that a link leads to. */
  readonly chosen: string | null
  /** Begins to write a file, with this text in the place of what it says. */
  readonly edit: (file: string, text?: string) => void
}

/** Every rule, by the file it stands in: why, what it does in words, and itself. */
export function RulesPart({ view, policy, filter, chosen, edit }: RulesPartProps) {
  const { router } = usePage()
  const groups = groupsOf(view, filter)
  const replace = (text: string, id: string) => edit(freeName(view), `${words.change.replacing(id)}${text}\n`)
  return (
    <>
      <search class="policy-find">
        <TextFilter
          label={words.filter}
          hint={words.filterHint}
          value={filter}
          set={(value) => router.become('policy', { query: { words: value } })}
        />
        <button type="button" onClick={() => edit(freeName(view))}>
          {words.rules.add}
        </button>
      </search>
      {groups.length === 0 && <Empty title={words.none}>{words.noneLead}</Empty>}
      {groups.map((group) => (
        <Group
          key={group.name}
          group={group}
          policy={policy}
          view={view}
          chosen={chosen}
          edit={edit}
          replace={replace}
        />
      ))}
    </>
  )
}

interface GroupProps extends Pick<RulesPartProps, 'view' | 'policy' | 'chosen' | 'edit'> {
  readonly group: FileGroup
  readonly replace: (text: string, id: string) => void
}

/** Rules of a file that are drawn at first. */
const AT_FIRST = 100

function Group({ group: { name, builtIn, rules }, view, policy, chosen, edit, replace }: GroupProps) {
  const whole = useSignal(false)
  const isLong = rules.length > AT_FIRST && !whole.value && !rules.some(({ id }) => id === chosen)
  const acts = builtIn ? (
    <span class="pill">{words.rules.builtIn}</span>
  ) : (
    <button type="button" class="quiet" onClick={() => edit(name)}>
      {words.rules.change(name)}
    </button>
  )
  return (
    <Panel title={name} acts={acts}>
      {rules.length === 0 ? (
        <p class="note">{words.rules.empty}</p>
      ) : (
        <ul class="checks policy-rules">
          {(isLong ? rules.slice(0, AT_FIRST) : rules).map((rule) => (
            <RuleRow
              key={rule.id}
              rule={rule}
              view={view}
              policy={policy}
              chosen={rule.id === chosen}
              {...(builtIn ? { replace: () => replace(rule.text, rule.id) } : {})}
            />
          ))}
        </ul>
      )}
      {isLong && (
        <button type="button" class="quiet" onClick={() => (whole.value = true)}>
          {words.rules.all(rules.length)}
        </button>
      )}
    </Panel>
  )
}
