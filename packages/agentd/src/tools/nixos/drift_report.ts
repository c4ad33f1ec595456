import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'

const Kind = z.enum([
  'etc_changed',
  'etc_missing',
  'etc_extra',
  'unit_override',
  'user_package',
  'kernel',
  'boot',
  'running',
  'switched_by_hand',
])

const words: Readonly<Record<z.infer<typeof Kind>, readonly [string, string]>> = {
  etc_changed: ['file in /etc changed', 'files in /etc changed'],
  etc_missing: ['file in /etc gone', 'files in /etc gone'],
  etc_extra: ['file in /etc of no system', 'files in /etc of no system'],
  unit_override: ['unit overridden', 'units overridden'],
  user_package: ['package installed by hand', 'packages installed by hand'],
  kernel: ['kernel that waits for a boot', 'kernels that wait for a boot'],
  boot: ['switch since the boot', 'switches since the boot'],
  running: ['system that runs but does not boot', 'systems that run but do not boot'],
  switched_by_hand: ['switch past SafeSwitch', 'switches past SafeSwitch'],
}

export const driftReport = defineTool({
  name: 'drift_report',
  title: 'Drift',
  description:
    'What was changed by hand on this host and is not in its NixOS system: files in /etc, overridden units, packages in user profiles, another kernel or system than the one that boots.',
  input: z.strictObject({ kinds: z.array(Kind).max(9).default([]).describe('Only these kinds. Default all.') }),
  output: z.strictObject({
    drift: z.array(z.strictObject({ kind: Kind, subject: z.string(), message: z.string() })),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 60_000 },
  summary: ({ drift, total }) => {
    if (total === 0) return 'The host is as its system says.'
    const counts = Kind.options
      .map((kind) => [kind, drift.filter((one) => one.kind === kind).length] as const)
      .filter(([, number]) => number > 0)
      .map(([kind, number]) => count(number, ...words[kind]))
    return `${count(total, 'thing is', 'things are')} not as the system says: ${list(counts, 9)}.`
  },
  taints: () => ['untrusted-text'],
  run: async ({ kinds }, { host, signal }) => {
    const found: { kind: z.infer<typeof Kind>; subject: string; message: string }[] = [
      ...(await host.nix.drift(signal)),
    ]
    const newest = (await host.switch.list()).find(({ phase }) => phase === 'committed')
    const current = (await host.nix.generations(signal)).find((generation) => generation.current)
    if (
      newest !== undefined &&
      current !== undefined &&
      host.switch.current() === undefined &&
      newest.to.path !== current.path
    ) {
      const known = (await host.switch.list()).some(({ from }) => from.path === current.path)
      const message = `Generation ${current.number} was made what boots without SafeSwitch${known ? ' (it ran before)' : ''}.`
      found.push({ kind: 'switched_by_hand', subject: current.path, message })
    }
    const wanted = found.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
    const drift = fitting(wanted, 60 * 1024)
    return { drift, total: wanted.length, truncated: drift.length < wanted.length }
  },
})
