import { useSignal } from '@preact/signals'
import { useAct } from '../acts/use-act.ts'
import { argumentText } from '../cards/argument-text.ts'
import { useTry } from '../forms/doing.ts'
import { usePage } from '../page.ts'
import { apps as words } from '../strings/apps.ts'
import { When } from '../ui/when.tsx'
import { RemoveApp } from './remove-app.tsx'
import { UseBars } from './use-bars.tsx'
import { type AppView, commandText, portText, toneOf } from './views.ts'

export interface AppRowProps {
  readonly app: AppView
  readonly openLogs: () => void
  readonly changed: () => void
}

/** One app: how it is, what it is, and what it uses of what it may. */
export function AppRow({ app, openLogs, changed }: AppRowProps) {
  const { name, description, activeState, wanted, since, restarts } = app
  const down = wanted === 'running' && (activeState === 'inactive' || activeState === 'failed')
  return (
    <li class="thing app">
      <div class="thing-what">
        <h3 class="thing-name">
          {name} <span class={`pill ${toneOf(app)}`}>{words.states[activeState] ?? activeState}</span>
          {down && <span class="pill bad">{words.down}</span>}
        </h3>
        {description !== '' && <p class="app-for">{description}</p>}
        <p class="thing-about">
          {since !== null && (
            <>
              {words.since} <When at={since} />
            </>
          )}
          {since !== null && restarts !== null && restarts > 0 && ' · '}
          {restarts !== null && restarts > 0 && words.restarts(restarts)}
        </p>
        <Facts app={app} />
      </div>
      <div class="app-end">
        <UseBars app={app} />
        <AppActs app={app} openLogs={openLogs} changed={changed} />
      </div>
    </li>
  )
}

function Facts({ app }: { readonly app: AppView }) {
  const { argv, user, ports, network, deployedAt, deployedBy } = app
  return (
    <dl class="app-facts">
      <dt>{words.command}</dt>
      <dd>
        <Command text={commandText(argv)} />
      </dd>
      <dt>{words.ports}</dt>
      <dd>
        {ports.length > 0 && ports.map((port) => <code key={portText(port)}>{portText(port)} </code>)}
        {ports.length === 0 && (network === 'none' ? words.hiddenPorts : words.noPorts)}
      </dd>
      <dt>{words.network}</dt>
      <dd>{words.networks[network]}</dd>
      <dt>{words.user}</dt>
      <dd>
        <code>{user}</code>
      </dd>
      <dt>{words.deployed}</dt>
      <dd>
        <When at={deployedAt} /> {words.by(deployedBy)}
      </dd>
    </dl>
  )
}

/** A longer command than this many characters is folded up. */
const LONG = 120

function Command({ text }: { readonly text: string }) {
  const seen = argumentText(text)
  if (seen.length <= LONG) return <code>{seen}</code>
  return (
    <details class="more">
      <summary>
        <code>{`${seen.slice(0, LONG)}…`}</code>
      </summary>
      <code>{seen}</code>
    </details>
  )
}

function AppActs({ app: { name, activeState }, openLogs, changed }: AppRowProps) {
  const { confirmations } = usePage()
  const doAct = useAct()
  const attempt = useTry()
  const removing = useSignal(false)
  const runs = activeState === 'active' || activeState === 'activating'
  const act = (tool: keyof typeof words.asks) =>
    attempt(async () => {
      const { title, effects, ...question } = words.asks[tool]
      if (!(await confirmations.ask({ ...question, title: title(name), effects: effects(name) }))) return
      await doAct(tool, { name }).finally(changed)
    })
  const button = (label: string, press: () => void) => (
    <button type="button" class="quiet" aria-label={words.on(label, name)} onClick={press}>
      {label}
    </button>
  )
  return (
    <div class="thing-acts">
      {button(words.logs, openLogs)}
      {runs ? button(words.stop, () => void act('app_stop')) : button(words.start, () => void act('app_start'))}
      {runs && button(words.restart, () => void act('app_restart'))}
      {button(words.remove, () => {
        removing.value = true
      })}
      {removing.value && (
        <RemoveApp
          name={name}
          changed={changed}
          close={() => {
            removing.value = false
          }}
        />
      )}
    </div>
  )
}
