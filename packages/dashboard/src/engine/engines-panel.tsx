import type { Resource } from '../live/resource.ts'
import { engine as words } from '../strings/engine.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import type { EngineListing, EngineView } from './views.ts'

export interface EnginesPanelProps {
  readonly engines: Resource<EngineListing>
}

/** Every engine there is, how it is, and whether what it is asked leaves the machine. */
export function EnginesPanel({ engines }: EnginesPanelProps) {
  return (
    <Panel title={words.engines.title}>
      <Shown resource={engines} what={words.engines.what}>
        {({ items }) => (
          <ul class="things">
            {items.map((engine) => (
              <EngineRow key={engine.engine} engine={engine} />
            ))}
          </ul>
        )}
      </Shown>
    </Panel>
  )
}

const TONES = { ready: 'good', loading: 'warn', failed: 'bad', unavailable: '' } as const

function EngineRow({ engine }: { readonly engine: EngineView }) {
  const { title, state, outside, supported_auth, models, problem } = engine
  const kinds = supported_auth.filter((kind) => kind !== 'none').map((kind) => words.auth[kind])
  const pays = kinds.length === 0 ? words.engines.free : words.engines.takes(kinds)
  return (
    <li class="thing">
      <div class="thing-what">
        <p class="thing-name">
          {title} <span class={`pill ${TONES[state]}`}>{words.condition[state]}</span>
        </p>
        <p class="thing-about">
          {[
            outside ? words.engines.outside : words.engines.inside,
            pays,
            ...models.map(({ name, context_tokens }) => words.engines.model(name, context_tokens)),
          ].join(' · ')}
        </p>
        {problem !== undefined && (
          <p class={state === 'failed' ? 'thing-about bad' : 'thing-about why'}>{problem.message}</p>
        )}
      </div>
    </li>
  )
}
