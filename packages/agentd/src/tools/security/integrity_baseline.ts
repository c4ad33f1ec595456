import { z } from 'zod'
import { defineTool } from '../define.ts'
import { count } from '../words.ts'
import { reportFields } from './integrity_status.ts'

export const integrityBaseline = defineTool({
  name: 'integrity_baseline',
  title: 'Take an integrity baseline',
  description:
    'Makes what is there now the baseline that integrity_status compares with. Whatever was changed until now counts as right ' +
    'from then on, so take it only when all is known to be well.',
  input: z.strictObject({}),
  output: z.strictObject(reportFields),
  effect: 'destroy',
  undo: 'none',
  limits: { timeoutMs: 120_000, outputBytes: 64 * 1024, perMinute: 10 },
  summary: ({ files, baselineDigest }) =>
    `The baseline now has ${count(files, 'file')}; its digest begins with ${baselineDigest?.slice(0, 12)}.`,
  resources: () => [{ kind: 'machine', id: 'integrity', access: 'write' }],
  preview: async (_, { host, signal }) => {
    const { state, findings } = await host.integrity.check(signal)
    const forgotten = findings.slice(0, 20).map(({ path, what }) => `${path} (${what}) counts as right from now on.`)
    return {
      effects: [
        `Everything below ${host.integrity.watched.join(', ')} becomes the baseline.`,
        ...(state === 'none' ? ['It is the first one.'] : forgotten),
      ],
      undo: 'The baseline before is gone; the ledger has its digest.',
    }
  },
  run: async (_, { host, call, signal }) => {
    const report = await host.integrity.takeBaseline(call.agent, signal)
    const { takenBy, baselineDigest, files, watched } = report
    return { takenAt: report.takenAt?.toISOString() ?? null, takenBy, baselineDigest, files, watched: [...watched] }
  },
})
