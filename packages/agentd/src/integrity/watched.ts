import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { shippedSkills } from '../skills/shipped.ts'

/** Castellan's own packages, where this file lies in one of them. */
const programs = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')

/**
 * What is watched: the programs, the skills beside them (words that models follow), Node itself, the host's configuration of
 * Castellan, and what the owner names.
 */
export function watchedPaths({ integrity }: Pick<Config, 'integrity'>): string[] {
  return [...new Set([programs, shippedSkills.path, process.execPath, '/etc/castellan', ...integrity.paths])]
}
