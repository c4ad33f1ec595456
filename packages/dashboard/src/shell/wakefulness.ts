import { useEffect } from 'preact/hooks'
import type { Line } from '../connection/line.ts'
import type { Live } from '../live/live.ts'

/** Well below the ten minutes after which the gateway closes a quiet socket. */
const KEEP_AWAKE_MS = 4 * 60_000

/** Using the page, or getting the network back, is a reason to connect again at once; a page in sight stays connected. */
export function useWakefulness(line: Line, live: Live): void {
  useEffect(() => {
    const watched = setInterval(() => {
      if (document.visibilityState === 'visible') live.keepAwake()
    }, KEEP_AWAKE_MS)
    return () => clearInterval(watched)
  }, [live])
  useEffect(() => {
    const wake = () => line.wake()
    const seen = () => {
      if (document.visibilityState === 'visible') wake()
    }
    addEventListener('online', wake)
    addEventListener('focus', wake)
    addEventListener('keydown', wake)
    addEventListener('pointerdown', wake)
    document.addEventListener('visibilitychange', seen)
    return () => {
      removeEventListener('online', wake)
      removeEventListener('focus', wake)
      removeEventListener('keydown', wake)
      removeEventListener('pointerdown', wake)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [line])
}
