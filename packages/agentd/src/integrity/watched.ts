import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'

/** Castellan's own packages, where this file lies in one of them. */
const programs = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')

/** What is watched: the programs, Node itself, the host's configuration of Castellan, and what the owner names. */
export function watchedPaths({ integrity }: Pick<Config, 'integrity'>): string[] {
  return [...new Set([programs, process.execPath, '/etc/castellan', ...integrity.paths])]
}
