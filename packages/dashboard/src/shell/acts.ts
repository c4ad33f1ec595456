import { stopAgents } from '../emergency/stop-button.tsx'
import type { Page, Signed } from '../page.ts'
import { acts as words } from '../strings/acts.ts'
import { pages } from './pages.ts'

/** Something the palette can do. */
export interface Act {
  readonly kind: 'page' | 'act'
  readonly title: string
  readonly about: string
  readonly run: () => void
}

/** Everything the palette offers: each page, and what can be done from any of them. */
export function allActs(page: Page, signed: Signed): readonly Act[] {
  const { router, appearance, timeStyle, session } = page
  const leading = pages.map(({ name, title, about }): Act => {
    return { kind: 'page', title, about, run: () => router.go(name) }
  })
  const act = (named: { readonly title: string; readonly about: string }, run: () => void): Act => {
    return { kind: 'act', ...named, run }
  }
  return [
    ...leading,
    act(words.newChat, () => router.go('chat', { query: { open: 'new' } })),
    act(words.findChat, () => router.go('chat', { query: { open: 'list' } })),
    act(words.stop, () => signed.chats.current.value.abort()),
    act(words.freeze, () => stopAgents(page, signed)),
    act(words.theme, () => appearance.toggle()),
    act(words.times, () => timeStyle.toggle()),
    act(words.signOut, () => void session.signOut()),
  ]
}

/** Those that a few typed letters mean, best first: every word has to begin some word of its title or of what it does. */
export function matching(acts: readonly Act[], typed: string): readonly Act[] {
  const wanted = wordsOf(typed)
  if (wanted.length === 0) return acts
  const scored = acts.map((act) => ({ act, score: score(act, wanted) })).filter(({ score }) => score > 0)
  return scored.toSorted((a, b) => b.score - a.score).map(({ act }) => act)
}

function score({ title, about }: Act, wanted: readonly string[]): number {
  const inTitle = wordsOf(title)
  const inAbout = wordsOf(about)
  const found = wanted.map((word) => {
    if (inTitle.some((other) => other.startsWith(word))) return 2
    return inAbout.some((other) => other.startsWith(word)) ? 1 : 0
  })
  return found.includes(0) ? 0 : found.reduce<number>((sum, points) => sum + points, 0)
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}
