import { CountBadge } from '../shell/count-badge.tsx'
import { useWaiting } from './waiting.ts'

/** How many questions wait. */
export function WaitingBadge() {
  const { value } = useWaiting().state
  return <CountBadge count={value.kind === 'ready' ? value.value.length : 0} />
}
