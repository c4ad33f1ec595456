import { engine as words } from '../strings/engine.ts'
import type { Draft } from './draft.ts'
import { engineMisfit } from './fits.ts'
import type { AgentView, EngineView } from './views.ts'

export interface EngineChoicesProps {
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
  readonly agent: AgentView | null
  readonly engines: readonly EngineView[]
}

/** What an agent can think with. An engine that cannot be used stays in sight and says why; the one in use can be kept. */
export function EngineChoices({ draft, change, agent, engines }: EngineChoicesProps) {
  return (
    <fieldset>
      <legend>{words.form.engine}</legend>
      <div class="engine-choices">
        {engines.map((engine) => {
          const isCurrent = agent?.engine.engine === engine.engine
          const misfit = engineMisfit(engine)
          const unfit = isCurrent ? null : misfit
          return (
            <label key={engine.engine} class={unfit === null ? 'engine-choice' : 'engine-choice unfit'}>
              <input
                type="radio"
                name="engine"
                value={engine.engine}
                checked={draft.engine === engine.engine}
                disabled={unfit !== null}
                onChange={() => change({ engine: engine.engine })}
              />
              <span class="engine-choice-text">
                <span class="thing-name">
                  {engine.title}
                  {isCurrent && <span class="pill">{words.form.current}</span>}
                </span>
                <span class={misfit === null ? 'thing-about' : 'thing-about why'}>
                  {misfit ?? (engine.outside ? words.engines.outside : words.engines.inside)}
                </span>
              </span>
            </label>
          )
        })}
      </div>
    </fieldset>
  )
}
