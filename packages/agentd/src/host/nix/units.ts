import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Where a NixOS system has its units. */
const FOLDER = 'etc/systemd/system'

export interface UnitChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
  /** Of the changed ones, those that a switch restarts, reloads, or leaves as they are, as their `X-` settings say. */
  readonly restarted: readonly string[]
  readonly reloaded: readonly string[]
  readonly kept: readonly string[]
}

/** Compares the units of two systems by what their files and drop-ins contain. */
export async function compareUnits(before: string, after: string, signal: AbortSignal): Promise<UnitChanges> {
  const [old, current] = await Promise.all([unitTexts(before, signal), unitTexts(after, signal)])
  const names = [...new Set([...old.keys(), ...current.keys()])].sort()
  const changed = names.filter((name) => old.has(name) && current.has(name) && old.get(name) !== current.get(name))
  const acts = new Map(changed.map((name) => [name, onChange(name, current.get(name) ?? '')]))
  const that = (act: Act) => changed.filter((name) => acts.get(name) === act)
  return {
    added: names.filter((name) => !old.has(name)),
    removed: names.filter((name) => !current.has(name)),
    changed,
    restarted: that('restart'),
    reloaded: that('reload'),
    kept: that('keep'),
  }
}

/** Text of each unit by name: its file and then its drop-ins, in the order in which systemd reads them. */
export async function unitTexts(system: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const folder = join(system, FOLDER)
  const texts = new Map<string, string>()
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    signal.throwIfAborted()
    const path = join(folder, name)
    const stats = await stat(path).catch(() => null)
    if (stats === null) continue
    if (stats.isFile()) texts.set(name, `${await readFile(path, 'utf8')}${texts.get(name) ?? ''}`)
    else if (name.endsWith('.d')) {
      const unit = name.slice(0, -2)
      texts.set(unit, `${texts.get(unit) ?? ''}${await dropIns(path)}`)
    }
  }
  return texts
}

async function dropIns(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.conf')).sort()
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}

type Act = 'restart' | 'reload' | 'keep'

/** What switch-to-configuration does about a changed unit that is active. Units that only group others are left alone. */
function onChange(name: string, text: string): Act {
  const says = (setting: string, value: string) => new RegExp(`^${setting}=${value}$`, 'm').test(text)
  if (says('X-ReloadIfChanged', 'true')) return 'reload'
  if (says('X-RestartIfChanged', 'false') || says('RefuseManualStop', 'true') || says('X-OnlyManualStart', 'true'))
    return 'keep'
  return /\.(target|slice|device|path|timer)$/.test(name) ? 'keep' : 'restart'
}
