import type { Resource } from '../live/resource.ts'
import { security as words } from '../strings/security.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'

/** As the tool `hardening_score` answers. */
export interface Hardening {
  readonly score: number | null
  readonly passed: number
  readonly failed: number
  readonly unknown: number
  readonly checks: readonly Check[]
}

interface Check {
  readonly id: string
  readonly title: string
  readonly outcome: 'pass' | 'fail' | 'unknown' | 'not_applicable'
  readonly weight: 1 | 2 | 3
  readonly found: string
  readonly advice: string | null
}

/** How hard this server is to take: a score, and what to do first to better it. */
export function HardeningPanel({ hardening }: { readonly hardening: Resource<Hardening> }) {
  const again = (
    <button type="button" class="quiet" onClick={() => void hardening.reload()}>
      {words.hardening.again}
    </button>
  )
  return (
    <Panel title={words.hardening.title} acts={again}>
      <Shown resource={hardening} what={words.hardening.what}>
        {({ score, passed, failed, unknown, checks }) => {
          const failing = checks.filter(({ outcome }) => outcome === 'fail').toSorted((a, b) => b.weight - a.weight)
          const others = checks.filter(({ outcome }) => outcome !== 'fail')
          const apart = checks.filter(({ outcome }) => outcome === 'not_applicable').length
          return (
            <>
              <div class="score">
                <Ring score={score} />
                <div>
                  <p class="score-word">{score === null ? words.hardening.none : words.hardening.score(score)}</p>
                  <p class="thing-about">{words.hardening.counts(passed, failed, unknown, apart)}</p>
                </div>
              </div>
              {failing.length === 0 ? <p class="note">{words.hardening.all}</p> : <Checks checks={failing} />}
              {others.length > 0 && (
                <details class="more">
                  <summary>{words.hardening.others(others.length)}</summary>
                  <Checks checks={others} />
                </details>
              )}
            </>
          )
        }}
      </Shown>
    </Panel>
  )
}

const TONES = { pass: 'good', fail: 'bad', unknown: 'warn', not_applicable: '' } as const

function Checks({ checks }: { readonly checks: readonly Check[] }) {
  return (
    <ul class="checks">
      {checks.map(({ id, title, outcome, weight, found, advice }) => (
        <li key={id}>
          <p class="thing-name">
            {title} <span class={`pill ${TONES[outcome]}`}>{words.hardening.outcomes[outcome]}</span>
            {outcome === 'fail' && <span class="pill">{words.hardening.weights[weight]}</span>}
          </p>
          <p class="thing-about">{found}</p>
          {advice !== null && <p class="advice">{advice}</p>}
        </li>
      ))}
    </ul>
  )
}

/** The score as an arc; the words beside it say the same. */
function Ring({ score }: { readonly score: number | null }) {
  const tone = score === null ? '' : score >= 80 ? 'good' : score >= 50 ? 'warn' : 'bad'
  return (
    <svg class={`ring ${tone}`} viewBox="0 0 36 36" width="72" height="72" aria-hidden="true">
      <circle class="ring-ground" cx="18" cy="18" r="15" />
      {score !== null && score > 0 && (
        <circle class="ring-fill" cx="18" cy="18" r="15" pathLength={100} stroke-dasharray={`${score} 100`} />
      )}
      <text x="18" y="18" text-anchor="middle" dominant-baseline="central">
        {score ?? '–'}
      </text>
    </svg>
  )
}
