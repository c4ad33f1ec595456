/** How far long work is, in bytes. */
export type Progress = (message: string, done: number, total: number) => void

/** Adds up bytes and tells of every further 16 MiB. */
export function counting(message: string, total: number, progress: Progress): (bytes: number) => void {
  let [done, told] = [0, 0]
  progress(message, 0, Math.max(1, total))
  return (bytes) => {
    done += bytes
    if (done - told < 16 * 1024 * 1024) return
    told = done
    progress(message, done, Math.max(1, total, done))
  }
}
