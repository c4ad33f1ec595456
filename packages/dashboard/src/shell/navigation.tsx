import { useSignal } from '@preact/signals'
import { strings } from '../strings.ts'
import { More, Tower } from '../theme/icons.tsx'
import { Dialog } from '../ui/dialog.tsx'
import type { PageEntry } from './page-entry.ts'
import { groups, pages } from './pages.ts'
import { addressOf } from './router.ts'

interface CurrentProps {
  readonly current: string
}

/** Where to go, on pages that are wide enough to say it all the time. */
export function SideBar({ current }: CurrentProps) {
  return (
    <nav class="side-bar" aria-label={strings.shell.navigation}>
      <span class="brand">
        <Tower size={22} /> {strings.title}
      </span>
      <AllPages current={current} />
    </nav>
  )
}

/** Pages that a narrow screen has room for beside “More”. */
const FIRST = 4

/** Where to go, within reach of a thumb. */
export function BottomBar({ current }: CurrentProps) {
  const open = useSignal(false)
  const close = () => {
    open.value = false
  }
  const beyond = pages.findIndex(({ name }) => name === current) >= FIRST
  return (
    <nav class="bottom-bar" aria-label={strings.shell.navigation}>
      {pages.slice(0, FIRST).map((entry) => (
        <PageLink key={entry.name} entry={entry} current={current} />
      ))}
      {pages.length > FIRST && (
        <button
          type="button"
          class={beyond ? 'page-link current' : 'page-link'}
          aria-haspopup="dialog"
          onClick={() => {
            open.value = true
          }}
        >
          <More />
          <span>{strings.shell.more}</span>
        </button>
      )}
      {open.value && (
        <Dialog title={strings.shell.navigation} kind="drawer" close={close}>
          <AllPages current={current} onPick={close} />
        </Dialog>
      )}
    </nav>
  )
}

function AllPages({ current, onPick }: CurrentProps & { readonly onPick?: () => void }) {
  return (
    <div class="all-pages">
      {groups.map((group) => (
        <section key={group} aria-label={strings.shell.groups[group]}>
          <p class="group-name" aria-hidden="true">
            {strings.shell.groups[group]}
          </p>
          <ul>
            {pages
              .filter((entry) => entry.group === group)
              .map((entry) => (
                <li key={entry.name}>
                  <PageLink entry={entry} current={current} {...(onPick === undefined ? {} : { onPick })} />
                </li>
              ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

interface PageLinkProps extends CurrentProps {
  readonly entry: PageEntry
  readonly onPick?: () => void
}

function PageLink({ entry, current, onPick }: PageLinkProps) {
  const { name, title, Icon } = entry
  const here = name === current
  return (
    <a
      class={here ? 'page-link current' : 'page-link'}
      href={addressOf(name)}
      {...(here ? { 'aria-current': 'page' as const } : {})}
      {...(onPick === undefined ? {} : { onClick: onPick })}
    >
      <Icon />
      <span>{title}</span>
      {entry.Badge !== undefined && <entry.Badge />}
    </a>
  )
}
