import { outcomeOf } from '../acts/acts.ts'
import { useTry } from '../forms/doing.ts'
import type { Resource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { security as words } from '../strings/security.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'

/** As the tool `integrity_status` answers. */
export interface Integrity {
  readonly state: 'none' | 'intact' | 'violated' | 'damaged'
  readonly takenAt: string | null
  readonly takenBy: string | null
  readonly files: number
  readonly differences: readonly {
    readonly path: string
    readonly what: 'changed' | 'added' | 'missing' | 'unreadable'
  }[]
  readonly total: number
}

const TONES = { none: 'warn', intact: 'good', violated: 'bad', damaged: 'bad' } as const

/** Whether what Castellan is made of is still what it was. */
export function IntegrityPanel({ integrity }: { readonly integrity: Resource<Integrity> }) {
  const { acts } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const take = () =>
    attempt(async () => {
      if (!(await confirmations.ask(words.baseline))) return
      const { ok, text } = outcomeOf(await acts.call('integrity_baseline', {}))
      if (!ok) throw new Error(text)
      toasts.good(text)
      await integrity.reload()
    })
  const takeButton = (
    <button type="button" class="quiet" onClick={() => void take()}>
      {words.integrity.take}
    </button>
  )
  return (
    <Panel title={words.integrity.title} acts={takeButton}>
      <Shown resource={integrity} what={words.integrity.what}>
        {({ state, takenAt, takenBy, files, differences, total }) => (
          <>
            <p class="thing-name">
              <span class={`pill ${TONES[state]}`}>{words.integrity.states[state]}</span>
              {state !== 'none' && <span class="thing-about">{words.integrity.files(files)}</span>}
            </p>
            <p class="note">{words.integrity.about[state]}</p>
            {takenAt !== null && (
              <p class="note">
                {words.integrity.taken} <When at={takenAt} /> {takenBy !== null && words.integrity.by(takenBy)}
              </p>
            )}
            {differences.length > 0 && (
              <ul class="checks" aria-label={words.integrity.differences}>
                {differences.map(({ path, what }) => (
                  <li key={path}>
                    <code>{path}</code> <span class="pill bad">{words.integrity.kinds[what]}</span>
                  </li>
                ))}
              </ul>
            )}
            {total > differences.length && <p class="note">{words.integrity.more(differences.length, total)}</p>}
          </>
        )}
      </Shown>
    </Panel>
  )
}
