import { type Page, type Signed, usePage, useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { strings } from '../strings.ts'
import { Halt } from '../theme/icons.tsx'

/** The way to stop everything, in sight on every page; and, where that was done, that it was. */
export function StopButton() {
  const page = usePage()
  const signed = useSigned()
  const loaded = signed.emergency.state.state.value
  if (loaded.kind === 'ready' && loaded.value.freeze !== null) {
    return (
      <a class="stop-button frozen" href={addressOf('security')}>
        <Halt /> <span>{strings.header.frozen}</span>
      </a>
    )
  }
  return (
    <button type="button" class="stop-button" title={strings.header.stopLong} onClick={() => stopAgents(page, signed)}>
      <Halt /> <span>{strings.header.stop}</span>
      <span class="stop-short" aria-hidden="true">
        {strings.header.stopShort}
      </span>
    </button>
  )
}

/** What it says is fetched when somebody asks for it; a browser without a key is shown how to stop without one. */
export function stopAgents(page: Page, { emergency, canApprove }: Signed): void {
  if (!canApprove) page.router.go('security')
  else void import('./ask.ts').then(({ askToFreeze }) => askToFreeze(page, emergency))
}
