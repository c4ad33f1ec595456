import { watchers } from '../strings/watchers.ts'

const { unready } = watchers.form

export type CheckKind = keyof typeof watchers.form.kinds

/** One step of the ladder as it is written. */
export interface StepDraft {
  readonly id: number
  readonly act: 'restart' | 'rollback' | 'notify'
  readonly unit: string
}

/** A watcher as it is written. Each kind of check uses the fields that mean something to it. */
export interface WatcherDraft {
  readonly name: string
  readonly description: string
  readonly kind: CheckKind
  readonly unit: string
  readonly host: string
  readonly port: string
  readonly url: string
  readonly status: string
  readonly path: string
  readonly percent: string
  readonly perCpu: string
  readonly every: string
  readonly failures: string
  readonly grace: string
  readonly ladder: readonly StepDraft[]
}

export function emptyWatcher(): WatcherDraft {
  return {
    ...{ name: '', description: '', kind: 'unit', unit: '', host: '127.0.0.1', port: '', url: '', status: '' },
    ...{ path: '/', percent: '90', perCpu: '4', every: '60', failures: '3', grace: '120' },
    ladder: [{ id: 0, act: 'notify', unit: '' }],
  }
}

/** What is looked at, as the tool `watcher_add` takes it. */
export function checkOf(draft: WatcherDraft): Readonly<Record<string, unknown>> {
  const { kind, unit, host, port, url, status, path, percent, perCpu } = draft
  switch (kind) {
    case 'unit':
      return { kind, unit: unit.trim() }
    case 'tcp':
      return { kind, host: host.trim(), port: Number(port) }
    case 'http':
      return { kind, url: url.trim(), status: status.trim() === '' ? null : Number(status) }
    case 'disk':
      return { kind, path: path.trim(), abovePercent: Number(percent) }
    case 'memory':
      return { kind, abovePercent: Number(percent) }
    case 'load':
      return { kind, abovePerCpu: Number(perCpu) }
  }
}

/** The arguments of `watcher_add`. Call with a draft without a problem. */
export function watcherArguments(draft: WatcherDraft) {
  const { name, description, every, failures, grace, ladder } = draft
  return {
    name,
    description: description.trim(),
    check: checkOf(draft),
    ladder: ladder.map(({ act, unit }) => (act === 'restart' ? { act, unit: unit.trim() } : { act })),
    everySeconds: Number(every),
    failures: Number(failures),
    graceSeconds: Number(grace),
  }
}

/** Why it cannot be added as it is; null when it can. */
export function watcherProblem(draft: WatcherDraft): string | null {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(draft.name)) return unready.name
  const check = checkProblem(draft)
  if (check !== null) return check
  if (!isWhole(draft.every, 10, 86_400)) return unready.every
  if (!isWhole(draft.failures, 1, 20)) return unready.failures
  if (!isWhole(draft.grace, 0, 86_400)) return unready.grace
  const nameless = draft.ladder.findIndex(({ act, unit }) => act === 'restart' && unit.trim() === '')
  return nameless === -1 ? null : unready.step(nameless + 1)
}

function checkProblem({ kind, unit, host, port, url, status, path, percent, perCpu }: WatcherDraft): string | null {
  switch (kind) {
    case 'unit':
      return unit.trim() === '' ? unready.unit : null
    case 'tcp':
      if (host.trim() === '') return unready.host
      return isWhole(port, 1, 65_535) ? null : unready.port
    case 'http':
      if (!/^https?:\/\/./.test(url.trim()) || !URL.canParse(url.trim())) return unready.url
      return status.trim() === '' || isWhole(status, 100, 599) ? null : unready.status
    case 'disk':
      if (path.trim() === '') return unready.path
      return isWithin(percent, 1, 100) ? null : unready.percent
    case 'memory':
      return isWithin(percent, 1, 100) ? null : unready.percent
    case 'load':
      return isWithin(perCpu, 0.1, 1000) ? null : unready.load
  }
}

function isWhole(text: string, least: number, most: number): boolean {
  return /^\s*\d{1,9}\s*$/.test(text) && isWithin(text, least, most)
}

function isWithin(text: string, least: number, most: number): boolean {
  const value = Number(text)
  return text.trim() !== '' && value >= least && value <= most
}
