import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { Login } from '../../host/logins.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list, moment, oneLine, sentence } from '../words.ts'

const Session = z.strictObject({
  user: z.string(),
  terminal: z.string(),
  from: z.string().describe('Where from; empty for somebody at the machine itself.'),
  at: Timestamp,
  until: Timestamp.nullable().describe('Null while it lasts, or where nothing tells when it ended.'),
})

export const loginList = defineTool({
  name: 'login_list',
  title: 'Logins',
  description:
    'Who is logged in now, who was before (newest first), and failed attempts of the last 24 hours. The names in failed attempts are ' +
    'whatever somebody typed.',
  input: z.strictObject({
    user: z.string().min(1).max(64).optional().describe('Only logins of this user.'),
    limit: limitField(200, 20, 'earlier logins'),
    offset: offsetField('earlier logins'),
  }),
  output: z.strictObject({
    present: z.array(Session),
    past: z.array(Session).describe('Newest first.'),
    pastTotal: z.int(),
    truncated: truncatedField,
    failedLastDay: z.int().nullable().describe('Failed attempts in 24 hours; null where they may not be read.'),
    failedFrom: z
      .array(z.strictObject({ from: z.string(), attempts: z.int() }))
      .describe('The most frequent sources of those.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ present, past, pastTotal, failedLastDay }, { user }) => {
    const whom = user === undefined ? '' : ` of ${user}`
    const now = present.map(
      (each) => `${each.user}${each.from === '' ? '' : ` from ${oneLine(each.from, 60)}`} since ${moment(each.at)}`,
    )
    const here =
      present.length === 0
        ? user === undefined
          ? 'Nobody is logged in now.'
          : `${user} is not logged in now.`
        : `Logged in now: ${list(now, 4)}.`
    const [last] = past
    const before =
      last === undefined
        ? ''
        : ` ${sentence(count(pastTotal, 'login'))}${whom} on record, the last of ${last.user} at ${moment(last.at)}.`
    const failed =
      failedLastDay === null || failedLastDay === 0
        ? ''
        : ` ${sentence(count(failedLastDay, 'failed attempt'))} in 24 hours.`
    return `${here}${before}${failed}`
  },
  taints: ({ present, past, failedFrom }) =>
    present.length + past.length + failedFrom.length > 0 ? ['untrusted-text'] : [],
  run: async ({ user, limit, offset }, { host }) => {
    const all = await host.system.logins()
    const own = (logins: readonly Login[]) => logins.filter((login) => user === undefined || login.user === user)
    const [present, past] = [own(all.present), own(all.past)]
    const dayAgo = Date.now() - 86_400_000
    const failed = all.failed === null ? null : own(all.failed).filter(({ at }) => at.getTime() >= dayAgo)
    const shown = fitting(past.slice(offset, offset + limit).map(show), readLimits.outputBytes / 2)
    return {
      present: fitting(present.map(show), readLimits.outputBytes / 4),
      past: shown,
      pastTotal: past.length,
      truncated: offset + shown.length < past.length,
      failedLastDay: failed?.length ?? null,
      failedFrom: sources(failed ?? []),
    }
  },
})

function show({ at, until, ...login }: Login): z.infer<typeof Session> {
  return { ...login, at: at.toISOString(), until: until?.toISOString() ?? null }
}

/** The ten most frequent. */
function sources(failed: readonly Login[]): { from: string; attempts: number }[] {
  const counts = Map.groupBy(failed, ({ from }) => from)
  return [...counts]
    .map(([from, logins]) => ({ from, attempts: logins.length }))
    .sort((left, right) => right.attempts - left.attempts)
    .slice(0, 10)
}
