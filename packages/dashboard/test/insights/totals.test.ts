import { expect, test } from 'vitest'
import { totalsOf } from '../../src/insights/totals.ts'

const NOON = new Date(2026, 10, 21, 12).getTime()
const hoursAgo = (hours: number) => NOON - hours * 3_600_000
const sent = (host: string, bytes: number, hours: number) => ({ host, bytes, at: hoursAgo(hours) })

test('bytes are summed by day and host, most first', () => {
  const { days, hosts } = totalsOf([sent('a', 5, 1), sent('b', 7, 2), sent('a', 6, 30), sent('b', 1, 1)], 3, NOON)
  expect(days.map((day) => new Date(day).getDate())).toEqual([19, 20, 21])
  expect(hosts).toEqual([
    { host: 'a', bytes: 11, requests: 2, days: [0, 6, 5] },
    { host: 'b', bytes: 8, requests: 2, days: [0, 0, 8] },
  ])
})

test('what is older than the days is left out, and what a clock that is ahead says belongs to today', () => {
  const { hosts } = totalsOf([sent('a', 5, 24 * 9), sent('a', 3, -20)], 2, NOON)
  expect(hosts).toEqual([{ host: 'a', bytes: 3, requests: 1, days: [0, 3] }])
})

test('beyond the hosts with a colour the rest is one', () => {
  const many = ['a', 'b', 'c', 'd', 'e'].map((host, position) => sent(host, 100 - position, 1))
  const { hosts } = totalsOf(many, 1, NOON)
  expect(hosts.map(({ host, bytes }) => [host, bytes])).toEqual([
    ['a', 100],
    ['b', 99],
    ['c', 98],
    [null, 97 + 96],
  ])
})
