import { useId } from 'preact/hooks'
import { usePage } from '../page.ts'
import { appearance as words } from '../strings/appearance.ts'
import { Panel } from '../ui/page-frame.tsx'
import { AboutPanel } from './about-panel.tsx'

/** How the page looks in this browser, and what it is a page of. */
export function AppearanceSection() {
  const { appearance, timeStyle } = usePage()
  return (
    <div class="split">
      <Panel title={words.title}>
        <Choices
          legend={words.theme}
          options={words.themes}
          value={appearance.choice.value}
          change={(choice) => appearance.choose(choice)}
        />
        <Choices
          legend={words.times}
          options={words.timeStyles}
          value={timeStyle.style.value}
          change={(style) => timeStyle.choose(style)}
        />
        <p class="note after">{words.kept}</p>
        <p class="note">{words.motion}</p>
      </Panel>
      <AboutPanel />
    </div>
  )
}

interface ChoicesProps<Value extends string> {
  readonly legend: string
  readonly options: Readonly<Record<Value, string>>
  readonly value: Value
  readonly change: (value: Value) => void
}

function Choices<Value extends string>({ legend, options, value, change }: ChoicesProps<Value>) {
  const name = useId()
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      {(Object.entries(options) as [Value, string][]).map(([option, label]) => (
        <label key={option} class="check-field">
          <input type="radio" name={name} checked={option === value} onChange={() => change(option)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}
