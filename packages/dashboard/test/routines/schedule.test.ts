import { expect, it, test } from 'vitest'
import { preview, timezones } from '../../src/routines/schedule.ts'
import { whenInWords } from '../../src/routines/when-in-words.ts'

const NOW = Date.UTC(2026, 10, 21, 12, 30)
const moments = (schedule: Parameters<typeof preview>[0], now = NOW) => {
  const coming = preview(schedule, now, 5)
  return coming.kind === 'due' ? coming.at.map((at) => new Date(at).toISOString().slice(0, 16)) : []
}

it('counts an interval from now', () => {
  expect(moments({ everySeconds: 3600 })).toEqual(['13', '14', '15', '16', '17'].map((hour) => `2026-11-21T${hour}:30`))
})

it('reads a pattern in its time zone', () => {
  expect(moments({ cron: '15 0,7 * * 1-5', timezone: 'Europe/Berlin' }).slice(0, 2)).toEqual([
    '2026-11-22T23:15',
    '2026-11-23T06:15',
  ])
})

// docs/routines.md: what daylight saving skips comes right after the gap, what it repeats comes once.
it('goes through daylight saving as agentd does', () => {
  const spring = moments({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }, Date.UTC(2027, 2, 27, 12))
  expect(spring.slice(0, 2)).toEqual(['2027-03-28T01:00', '2027-03-29T00:30'])
  const autumn = moments({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }, Date.UTC(2027, 9, 30, 12))
  expect(autumn.slice(0, 2)).toEqual(['2027-10-31T00:30', '2027-11-01T01:30'])
})

it.each(['', '* * *', '61 * * * *', '* * * * * *', '<script>', 'a b c d e', '0 0 * * wedx'])(
  'has no moments of %j, which is no pattern',
  (cron) => {
    expect(preview({ cron, timezone: 'UTC' }, NOW, 5)).toEqual({ kind: 'wrong' })
  },
)

it.each(['0 0 L * *', '0 0 15W * *', '0 0 * * fri#2', '0 0 ? * 1'])('leaves %s to agentd', (cron) => {
  expect(preview({ cron, timezone: 'UTC' }, NOW, 5)).toEqual({ kind: 'unread' })
})

it('has no moment for what never comes', () => {
  expect(preview({ cron: '0 0 31 2 *', timezone: 'UTC' }, NOW, 5)).toEqual({ kind: 'due', at: [] })
})

test('the reader’s own time zone and UTC are the first to choose from', () => {
  const [own, ...others] = timezones()
  expect(own).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone)
  expect([own, ...others]).toContain('UTC')
  expect(others).toContain('Europe/Berlin')
})

test('an interval is said as agentd says it, a pattern in words with its time zone', () => {
  expect(whenInWords({ schedule: { everySeconds: 300 }, timing: 'every 5 minutes' })).toBe('every 5 minutes')
  expect(whenInWords({ schedule: { cron: '0 7 * * *', timezone: 'UTC' }, timing: 'at 0 7 * * * (UTC)' })).toBe(
    'every day at 07:00, UTC time',
  )
  expect(whenInWords({ schedule: { cron: '0 0 L * *', timezone: 'UTC' }, timing: 'at 0 0 L * * (UTC)' })).toBe(
    'at 0 0 L * * (UTC)',
  )
})
