import { useEffect } from 'preact/hooks'
import type { Line } from '../connection/line.ts'

/** Using the page, or getting the network back, is a reason to connect again at once. */
export function useWakefulness(line: Line): void {
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
