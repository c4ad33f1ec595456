import { useEffect, useMemo } from 'preact/hooks'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import type { PageProps } from '../shell/page-entry.ts'
import { addressOf } from '../shell/router.ts'
import { navigation } from '../strings/navigation.ts'
import { policyWords as words } from '../strings/policy.ts'
import { PageFrame } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { ChangePart } from './change-part.tsx'
import { Draft } from './draft.ts'
import { ExplainPart } from './explain-part.tsx'
import { RulesPart } from './rules-part.tsx'
import { StandingPanel } from './standing-panel.tsx'
import { readPolicy } from './views.ts'

const PARTS = ['rules', 'explain', 'change'] as const

/** What agents may do. `#/policy` has the rules, `#/policy/explain` asks about a call, `#/policy/change` tries and saves a file. */
export function PolicyPage({ route }: PageProps) {
  const { api } = useSigned()
  const { router } = usePage()
  const policy = useResource((signal) => readPolicy(api, signal))
  // What is being written stays while one looks at the rules.
  const draft = useMemo(() => new Draft(), [])
  useNews(
    ({ type }) => type === 'policy_loaded',
    () => void policy.reload(),
  )
  const part = PARTS.find((one) => one === route.path[0]) ?? 'rules'
  // The button that led to another part is gone with the part it was in: one goes on at the page's name.
  useEffect(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>('main h1')?.focus()
  }, [part])
  return (
    <PageFrame title={navigation.policy.title} lead={words.lead}>
      <nav class="policy-parts" aria-label={words.tabs.label}>
        {PARTS.map((one) => (
          <a
            key={one}
            href={addressOf('policy', { path: one === 'rules' ? [] : [one] })}
            aria-current={one === part ? 'page' : undefined}
          >
            {words.tabs[one]}
          </a>
        ))}
      </nav>
      <Shown resource={policy} what={words.what}>
        {(view) => (
          <div class="stack">
            {part === 'rules' && <StandingPanel view={view} />}
            {part === 'rules' && (
              <RulesPart
                view={view}
                policy={policy}
                filter={route.query.words ?? ''}
                chosen={route.query.rule ?? null}
                edit={(file, text) => {
                  draft.begin(view, file, text)
                  router.go('policy', { path: ['change'] })
                }}
              />
            )}
            {part === 'explain' && <ExplainPart view={view} asked={route.query.tool ?? ''} />}
            {part === 'change' && <ChangePart view={view} policy={policy} draft={draft} />}
          </div>
        )}
      </Shown>
    </PageFrame>
  )
}
