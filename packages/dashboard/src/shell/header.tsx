import type { ThinkingState } from '../connection/engine-watch.ts'
import { StopButton } from '../emergency/stop-button.tsx'
import { usePage, useSigned } from '../page.ts'
import { strings } from '../strings.ts'
import { Clock, Leave, Search, Tower } from '../theme/icons.tsx'
import { ThemeToggle } from '../theme/theme-toggle.tsx'

/** How things stand, and what works on every page. */
export function Header({ openPalette }: { readonly openPalette: () => void }) {
  const { session } = usePage()
  const { engine, line } = useSigned()
  const health = line.state.value.kind === 'open' ? engine.state.value : 'unknown'
  return (
    <header class="header">
      <span class="brand">
        <Tower size={22} /> {strings.title}
      </span>
      <button type="button" class="palette-button" aria-keyshortcuts="Control+K Meta+K" onClick={openPalette}>
        <Search /> <span>{strings.palette.open}</span> <kbd>Ctrl K</kbd>
      </button>
      <span class={`health ${TONES[health]}`} role="status">
        <span class="dot" aria-hidden="true" /> {WORDS[health]}
      </span>
      <StopButton />
      <span class="header-buttons">
        <TimeToggle />
        <ThemeToggle />
        <button type="button" class="icon-button" title={strings.header.signOut} onClick={() => session.signOut()}>
          <Leave />
          <span class="unseen">{strings.header.signOut}</span>
        </button>
      </span>
    </header>
  )
}

function TimeToggle() {
  const { timeStyle } = usePage()
  const exact = timeStyle.style.value === 'exact'
  const words = exact ? strings.header.toRelative : strings.header.toExact
  return (
    <button type="button" class="icon-button" title={words} aria-pressed={exact} onClick={() => timeStyle.toggle()}>
      <Clock />
      <span class="unseen">{words}</span>
    </button>
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
