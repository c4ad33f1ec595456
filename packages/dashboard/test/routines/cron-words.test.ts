import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { cronInWords } from '../../src/routines/cron-words.ts'
import { preview } from '../../src/routines/schedule.ts'

describe('a cron pattern in words', () => {
  it.each([
    ['* * * * *', 'every minute'],
    ['*/5 * * * *', 'every 5 minutes'],
    ['0 * * * *', 'every hour'],
    ['15,45 * * * *', 'every hour at :15 and :45'],
    ['0 */6 * * *', 'every 6 hours'],
    ['30 */6 * * *', 'every 6 hours, 30 minutes past'],
    ['0 7 * * *', 'every day at 07:00'],
    ['15 0,7 * * 1-5', 'Monday to Friday at 00:15 and 07:15'],
    ['0 3 * * 0', 'every Sunday at 03:00'],
    ['0 3 * * 7', 'every Sunday at 03:00'],
    ['0 3 * * sat,sun', 'every Saturday and Sunday at 03:00'],
    ['0 3 * * MON-WED', 'Monday to Wednesday at 03:00'],
    ['0 3 * * 0-6', 'every day at 03:00'],
    ['0 4 1 * *', 'on day 1 of the month at 04:00'],
    ['0 4 1,15 jan,jul *', 'on day 1 and 15 of the month at 04:00, in January and July'],
    ['0 4 1 * mon', 'on day 1 of the month and also every Monday at 04:00'],
    ['*/10 9-17 * * 1-5', 'every 10 minutes from 09:00 to 17:59, Monday to Friday'],
    ['@daily', 'every day at 00:00'],
    ['@weekly', 'every Sunday at 00:00'],
    ['@hourly', 'every hour'],
  ])('%s is %s', (cron, words) => {
    expect(cronInWords(cron)).toBe(words)
  })

  it.each([
    '*/7 * * * *',
    '* 3 * * *',
    '0 0 L * *',
    '0 0 * * 5#2',
    '0 0 */2 * *',
    '0 0-23 * * *',
    '61 * * * *',
    '5-1 * * * *',
    'nonsense',
    '',
    '0 0 * *',
    '<img src=x onerror=breach()>',
  ])('%s stays as it is', (cron) => {
    expect(cronInWords(cron)).toBeNull()
  })
})

test('the times that are said are those at which it runs', () => {
  const numbers = (most: number) => fc.uniqueArray(fc.nat(most), { minLength: 1, maxLength: 2 })
  fc.assert(
    fc.property(
      numbers(59),
      numbers(23),
      fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
      (minutes, hours, days) => {
        const cron = `${minutes} ${hours} * * ${days}`
        const coming = preview({ cron, timezone: 'UTC' }, Date.UTC(2026, 10, 21), 5)
        expect(coming.kind).toBe('due')
        for (const at of coming.kind === 'due' ? coming.at : []) {
          const moment = new Date(at).toISOString().slice(11, 16)
          const day = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(at)
          const said = cronInWords(cron) ?? ''
          expect(said).toContain(moment)
          expect(said.includes(day) || / to |every day/.test(said)).toBe(true)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      cronInWords(text)
      preview({ cron: text, timezone: 'UTC' }, 0, 1)
    }),
  )
})
