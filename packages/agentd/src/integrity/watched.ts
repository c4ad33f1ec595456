import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { policyDir } from '../compose/places.ts'
import type { Config } from '../config.ts'
import type { IntegrityKind } from '../host/integrity.ts'
import { shippedSkills } from '../skills/shipped.ts'

/** Castellan's own packages, where this file lies in one of them. */
const programs = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')

export interface Watched {
  readonly path: string
  readonly kind: IntegrityKind
  /** Whether the owner edits it in normal work: that it differs is told, and stops nothing by itself. */
  readonly edited?: boolean
}

/**
 * What is watched: the programs, the skills beside them (words that models follow), Node itself, the owner's rules, the key that all
 * others come from, the host's configuration of Castellan, and what the owner names. Models have a signed list of their own.
 */
export function watchedPaths(config: Pick<Config, 'integrity' | 'stateDir' | 'policy'>): Watched[] {
  const all: Watched[] = [
    { path: programs, kind: 'program' },
    { path: shippedSkills.path, kind: 'program' },
    { path: process.execPath, kind: 'program' },
    { path: policyDir(config as Config), kind: 'policy', edited: true },
    { path: join(config.stateDir, 'agentd', 'state.key'), kind: 'key' },
    { path: '/etc/castellan', kind: 'configuration', edited: true },
    { path: join(config.stateDir, 'config.json'), kind: 'configuration', edited: true },
    ...config.integrity.paths.map((path) => ({ path, kind: 'configuration' as const })),
  ]
  return all.filter(({ path }, at) => all.findIndex((other) => other.path === path) === at)
}

/** The kind of the nearest thing above a path that is watched. */
export function kindOf(watched: readonly Watched[], path: string): IntegrityKind {
  return nearest(watched, path)?.kind ?? 'configuration'
}

/** Whether a path is the owner's to edit. */
export function isEdited(watched: readonly Watched[], path: string): boolean {
  return nearest(watched, path)?.edited === true
}

function nearest(watched: readonly Watched[], path: string): Watched | undefined {
  return watched
    .filter((one) => path === one.path || path.startsWith(`${one.path}/`))
    .sort((left, right) => right.path.length - left.path.length)[0]
}
