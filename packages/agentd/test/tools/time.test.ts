import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMoment } from '../../src/tools/time.ts'

/** A Wednesday afternoon, in whatever time zone the tests run. */
const now = new Date(2026, 10, 18, 14, 30)
const bootedAt = new Date(2026, 10, 10, 3, 4)
const parse = (text: string, at = now) => parseMoment(text, { now: at, bootedAt })
const day = (offset: number, hour = 0, minute = 0) => new Date(2026, 10, 18 + offset, hour, minute)
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000)

describe('parseMoment', () => {
  it.each([
    ['2 hours', 120],
    ['15m', 15],
    ['1d', 1440],
    ['90 seconds', 1.5],
    ['1h30m', 90],
    ['1 hour and 30 minutes', 90],
    ['an hour ago', 60],
    ['half an hour', 30],
    ['a couple of hours', 120],
    ['ten minutes', 10],
    ['the last 3 days', 4320],
    ['last hour', 60],
    ['the past week', 10_080],
    ['1.5 h', 90],
    ['Since 5 min.', 5],
    ['2 weeks', 20_160],
    ['a fortnight', 20_160],
    ['half hour', 30],
    ['quarter of an hour', 15],
    ['a day or two', 2880],
    ['few minutes', 3],
    ['fifty minutes', 50],
  ])('understands the span %j', (text, minutes) => {
    expect(parse(text)).toEqual(ago(minutes))
  })

  it.each([
    ['today', day(0)],
    ['yesterday', day(-1)],
    ['the day before yesterday', day(-2)],
    ['this morning', day(0, 6)],
    ['this afternoon', day(0, 12)],
    ['last night', day(-1, 20)],
    ['overnight', day(-1, 20)],
    ['yesterday evening', day(-1, 18)],
    ['yesterday at 5pm', day(-1, 17)],
    ['monday', day(-2)],
    ['last friday', day(-5)],
    ['wednesday', day(-7)],
    ['monday 9:30', day(-2, 9, 30)],
    ['this week', day(-2)],
    ['noon', day(0, 12)],
    ['midnight', day(0)],
    ['9am', day(0, 9)],
    ['9 AM', day(0, 9)],
    ['at 9', day(0, 9)],
    ['12am', day(0)],
    ['12:15 pm', day(0, 12, 15)],
    ['14:30', day(0, 14, 30)],
    ['lunch', day(0, 12)],
    ["six o'clock", day(0, 6)],
    ["6 o'clock", day(0, 6)],
    ['sunday night', day(-3, 20)],
    ['yesterday 18:00', day(-1, 18)],
    ['earlier today', day(0)],
    ['the start of the week', day(-2)],
    ['the weekend', day(-4)],
    ['1 may', new Date(2026, 4, 1)],
    ['may 3rd', new Date(2026, 4, 3)],
    ['december', new Date(2025, 11, 1)],
    ['the 1st', new Date(2026, 10, 1)],
    ['the 20th', new Date(2026, 9, 20)],
    ['the first of the month', new Date(2026, 10, 1)],
    ['christmas', new Date(2025, 11, 25)],
    ['new year', new Date(2026, 0, 1)],
  ])('understands the moment %j', (text, expected) => {
    expect(parse(text)).toEqual(expected)
  })

  it('takes a time of day that is still to come for that of yesterday', () => {
    expect(parse('5pm')).toEqual(day(-1, 17))
    expect(parse('noon', new Date(2026, 10, 18, 9))).toEqual(day(-1, 12))
  })

  it('takes a part of today that is still to come for the whole of today', () => {
    expect(parse('this evening')).toEqual(day(0))
    expect(parse('this morning', new Date(2026, 10, 18, 4))).toEqual(day(0))
  })

  it.each(['boot', 'last boot', 'the last reboot', 'since startup'])('knows when the machine booted: %j', (text) => {
    expect(parse(text)).toEqual(bootedAt)
  })

  it('reads RFC 3339 exactly, and takes a time without a zone for local', () => {
    expect(parse('2026-11-21T09:00:00Z')).toEqual(new Date('2026-11-21T09:00:00Z'))
    expect(parse('2026-11-21T09:00:00.25+02:00')).toEqual(new Date('2026-11-21T07:00:00.250Z'))
    expect(parse('2026-11-21')).toEqual(new Date(2026, 10, 21))
    expect(parse('2026-11-21 08:15')).toEqual(new Date(2026, 10, 21, 8, 15))
  })

  it.each([
    '',
    'soon',
    '30',
    '25:00',
    '13pm',
    '0am',
    '9:75',
    '2 hours minutes',
    '2026-13-45',
    'hour 2',
    '-5m',
    'the',
    '999999999 years',
  ])('refuses %j, saying what it understands', (text) => {
    expect(() => parse(text)).toThrowError(expect.objectContaining({ code: 'invalid_arguments' }))
  })

  it('reads back every moment that it could have written itself', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        (date) => {
          return parse(date.toISOString()).getTime() === date.getTime()
        },
      ),
    )
  })

  it('answers with a valid date or refuses, whatever it is given', () => {
    const words = fc.constantFrom(
      'last',
      'this',
      '2',
      'hours',
      'night',
      'monday',
      'at',
      '9am',
      'yesterday',
      'ago',
      'and',
      'boot',
      '14:00',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((list) => list.join(' ')),
        ),
        (text) => {
          try {
            return !Number.isNaN(parse(text).getTime())
          } catch (error) {
            return (error as { code?: string }).code === 'invalid_arguments'
          }
        },
      ),
    )
  })
})
