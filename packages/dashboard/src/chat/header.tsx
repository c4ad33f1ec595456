import type { ReadonlySignal } from '@preact/signals'
import type { EngineWatch, ThinkingState } from '../connection/engine-watch.ts'
import type { ConnectionState } from '../connection/socket.ts'
import { usePage } from '../page.ts'
import { strings } from '../strings.ts'
import { Leave, Tower } from '../theme/icons.tsx'
import { ThemeToggle } from '../theme/theme-toggle.tsx'

export interface HeaderProps {
  readonly engine: EngineWatch
  readonly connection: ReadonlySignal<ConnectionState>
}

export function Header({ engine, connection }: HeaderProps) {
  const { session } = usePage()
  const health = connection.value.kind === 'open' ? engine.state.value : 'unknown'
  return (
    <header class="header">
      <span class="brand">
        <Tower size={22} /> {strings.title}
      </span>
      <span class={`health ${TONES[health]}`} role="status">
        <span class="dot" aria-hidden="true" /> {WORDS[health]}
      </span>
      <span class="header-buttons">
        <ThemeToggle />
        <button type="button" class="icon-button" title={strings.header.signOut} onClick={() => session.signOut()}>
          <Leave />
          <span class="unseen">{strings.header.signOut}</span>
        </button>
      </span>
    </header>
  )
}

const WORDS: Record<ThinkingState, string> = {
  ready: strings.engine.ready,
  loading: strings.engine.loading,
  failed: strings.engine.failed,
  unavailable: strings.engine.unavailable,
  agentd_unavailable: strings.engine.agentdUnavailable,
  unknown: strings.engine.unknown,
}

const TONES: Record<ThinkingState, string> = {
  ready: 'good',
  loading: 'warn',
  failed: 'bad',
  unavailable: 'warn',
  agentd_unavailable: 'bad',
  unknown: '',
}
