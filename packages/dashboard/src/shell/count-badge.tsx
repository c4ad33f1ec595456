import { strings } from '../strings.ts'

/** A count beside a page's name; nothing for none. */
export function CountBadge({ count }: { readonly count: number }) {
  if (count === 0) return null
  return (
    <span class="badge">
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span class="unseen">{strings.shell.waiting(count)}</span>
    </span>
  )
}
