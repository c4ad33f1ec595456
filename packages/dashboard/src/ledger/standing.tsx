import type { checkLedger, getLedgerHead } from '@castellan/contracts/api'
import { EntryList } from '../entries/entry-list.tsx'
import { each } from '../entries/groups.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { ledger as words } from '../strings/ledger.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Shown } from '../ui/states.tsx'
import { entriesPage } from './query.ts'

/** Whose log it is, who vouches for it, and what is missing from it. */
export function StandingDialog({ close }: { readonly close: () => void }) {
  const { api } = useSigned()
  const head = useResource(async (signal) => {
    const [head, check] = await Promise.all([
      api.ask<typeof getLedgerHead>('GET', '/api/v1/ledger/head', { signal }),
      api.ask<typeof checkLedger>('GET', '/api/v1/ledger/check', { signal }),
    ])
    return { head, mark: check.state.mark }
  })
  return (
    <Dialog title={words.standing} kind="drawer" close={close}>
      <Shown resource={head} what={words.standing}>
        {({ head: { origin, size, root, checkpoint, vkey }, mark }) => (
          <dl class="entry-fields">
            <Pair name={words.log} value={origin} />
            <Pair name={words.size} value={String(size)} />
            <Pair name={words.root} value={root} />
            {mark !== undefined && <Pair name={words.mark} value={mark.message} />}
            <Pair name={words.witnesses} value={words.witnessed(cosignatures(checkpoint, vkey))} />
          </dl>
        )}
      </Shown>
      <Of type="payload_erased" title={words.erasures} lead={words.erased} none={words.noErasures} />
      <Of type="gap" title={words.gaps} lead={words.gapsLead} none={words.noGaps} />
    </Dialog>
  )
}

function Pair({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </div>
  )
}

/** Signature lines of a C2SP signed note that are not the log's own. */
function cosignatures(checkpoint: string, vkey: string): number {
  const [own = ''] = vkey.split('+')
  return checkpoint.split('\n').filter((line) => line.startsWith('— ') && !line.startsWith(`— ${own} `)).length
}

interface OfProps {
  readonly type: 'payload_erased' | 'gap'
  readonly title: string
  readonly lead: string
  readonly none: string
}

function Of({ type, title, lead, none }: OfProps) {
  const { api } = useSigned()
  const found = useResource((signal) => entriesPage(api, { type }, null, signal), [type])
  return (
    <section aria-label={title} class="drawer-part">
      <h3>{title}</h3>
      <Shown resource={found} what={title}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="note">{none}</p>
          ) : (
            <>
              <p class="note">{lead}</p>
              <EntryList groups={each(items)} />
            </>
          )
        }
      </Shown>
    </section>
  )
}
