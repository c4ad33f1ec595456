import { randomBytes } from 'node:crypto'
import { type Limits, scopeProperties } from './limits.ts'

/**
 * systemd-run(1) arguments that put what follows into a transient scope: a cgroup in which memory and tasks are limited
 * for all processes together. A scope runs in place, so agentd stays the parent and its descriptors go through.
 */
export function scopeArguments(limits: Limits): string[] {
  return [
    '--scope',
    '--quiet',
    '--collect',
    `--unit=castellan-command-${randomBytes(6).toString('hex')}`,
    '--slice=castellan-commands',
    ...scopeProperties(limits).flatMap((property) => ['--property', property]),
    '--',
  ]
}
