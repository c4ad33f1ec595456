import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * Swaps, as fast as it can, what two names in a workspace mean: `link` is in turn a real folder, a link to one inside,
 * and a link to one outside; `file-link` points inside and outside. Counts its rounds in `turns[0]` until `turns[1]` is set.
 */
const { workspace, outside, turns } = workerData as { workspace: string; outside: string; turns: Int32Array }

const place = (name: string, make: (draft: string) => void) => {
  const draft = join(workspace, `draft-${name}`)
  make(draft)
  renameSync(draft, join(workspace, name))
}

const folder = join(workspace, 'link')
const aside = join(workspace, 'aside')
mkdirSync(aside)
writeFileSync(join(aside, 'file'), 'inside')

const round = () => {
  place('link', (draft) => symlinkSync('real', draft))
  place('link', (draft) => symlinkSync(outside, draft))
  place('file-link', (draft) => symlinkSync('real/file', draft))
  place('file-link', (draft) => symlinkSync(join(outside, 'file'), draft))
  // A folder cannot take the place of a link in one step: there is a moment without the name.
  renameSync(folder, join(workspace, 'last-link'))
  renameSync(aside, folder)
  renameSync(folder, aside)
}

round()
parentPort?.postMessage('ready')
while (Atomics.load(turns, 1) === 0) {
  round()
  Atomics.add(turns, 0, 1)
}
