import { bytes } from '../cards/units.ts'
import { apps } from '../strings/apps.ts'
import type { AppView } from './views.ts'

const words = apps.use

/** What an app uses now of what it may. */
export function UseBars({ app }: { readonly app: AppView }) {
  const { memoryBytes, memoryLimitBytes, cpuPercent, cpuLimitPercent, tasks, taskLimit, activeState } = app
  if (activeState === 'inactive' || activeState === 'failed') {
    const limits = [bytes(memoryLimitBytes), words.percent(cpuLimitPercent), String(taskLimit)] as const
    return <p class="thing-about">{words.limits(...limits)}</p>
  }
  return (
    <dl class="use-bars">
      <Bar name={words.memory} use={memoryBytes} limit={memoryLimitBytes} format={bytes} />
      <Bar name={words.cpu} use={cpuPercent} limit={cpuLimitPercent} format={words.percent} />
      <Bar name={words.tasks} use={tasks} limit={taskLimit} format={String} />
    </dl>
  )
}

interface BarProps {
  readonly name: string
  /** Null where this machine does not count it. */
  readonly use: number | null
  readonly limit: number
  readonly format: (value: number) => string
}

/** From here on, in percent of the limit, it is nearly all. */
const NEARLY = 85

function Bar({ name, use, limit, format }: BarProps) {
  const share = use === null ? 0 : Math.min(100, (100 * use) / limit)
  return (
    <div class="use-bar">
      <dt>{name}</dt>
      <dd>
        {use === null ? words.unknown(format(limit)) : words.of(format(use), format(limit))}
        {use !== null && (
          <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class="use-ground" width="100" height="4" />
            <rect class={share >= NEARLY ? 'use-fill high' : 'use-fill'} width={Math.max(0.5, share)} height="4" />
          </svg>
        )}
      </dd>
    </div>
  )
}
