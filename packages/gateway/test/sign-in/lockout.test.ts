import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Challenges } from '../../src/sign-in/challenges.ts'
import { Devices } from '../../src/sign-in/devices.ts'
import { Lockout } from '../../src/sign-in/lockout.ts'

const MINUTE = 60_000

test('five wrong attempts are free, then the wait doubles up to a quarter of an hour and never for good', () => {
  let now = 0
  const lockout = new Lockout(() => now)
  const waits = []
  for (let attempt = 0; attempt < 20; attempt++) {
    lockout.begin('a')
    const wait = lockout.waitOf('a')
    waits.push(wait / 1000)
    if (wait > 0) expect(() => lockout.begin('a')).toThrow(/wait/)
    now += wait
  }
  expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900])
  lockout.begin('b')
  lockout.clear('a')
  for (let attempt = 0; attempt < 5; attempt++) lockout.begin('a')
})

test('a quiet hour forgets everything', () => {
  let now = 0
  const lockout = new Lockout(() => now)
  for (let attempt = 0; attempt < 12; attempt++) {
    lockout.begin('a')
    now += lockout.waitOf('a')
  }
  now += 61 * MINUTE
  for (let attempt = 0; attempt < 5; attempt++) lockout.begin('a')
  expect(lockout.waitOf('a')).toBe(0)
})

test('whatever is attempted when, there is no hour in which more than 14 guesses are judged', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 * MINUTE }), { maxLength: 200 }), (pauses) => {
      let now = 0
      const lockout = new Lockout(() => now)
      const judged: number[] = []
      for (const pause of pauses) {
        now += pause
        try {
          lockout.begin('a')
          judged.push(now)
        } catch {
          // Not judged.
        }
      }
      for (const [index, time] of judged.entries()) {
        const within = judged.slice(index).filter((other) => other - time < 60 * MINUTE)
        expect(within.length).toBeLessThanOrEqual(5 + 10 + 4)
      }
    }),
  )
})

test('an attempt that was never judged does not count', () => {
  const lockout = new Lockout(() => 0)
  for (let attempt = 0; attempt < 50; attempt++) {
    lockout.begin('a')
    lockout.takeBack('a')
  }
  expect(lockout.waitOf('a')).toBe(0)
})

test('a challenge is good once, for five minutes, and only where it was made', () => {
  let now = 1_000
  const challenges = new Challenges(() => now)
  const nonce = challenges.make()
  expect(nonce).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(new Challenges(() => now).take(nonce)).toBe(false)
  expect(challenges.take(nonce)).toBe(true)
  expect(challenges.take(nonce)).toBe(false)
  const late = challenges.make()
  now += 5 * MINUTE
  expect(challenges.take(late)).toBe(false)
  fc.assert(fc.property(fc.string(), (text) => !challenges.take(text)))
  const changed = Buffer.from(challenges.make(), 'base64url')
  for (let byte = 0; byte < changed.length; byte++) {
    const copy = Buffer.from(changed)
    copy[byte] = (copy[byte] as number) ^ 1
    expect(challenges.take(copy.toString('base64url'))).toBe(false)
  }
})

test('a device cookie names its browser, and one that was made up names nobody', () => {
  const devices = new Devices(Buffer.alloc(32, 1))
  const cookie = devices.make()
  expect(devices.nameOf(cookie)).toBe(cookie.split('.', 1)[0])
  expect(new Devices(Buffer.alloc(32, 2)).nameOf(cookie)).toBeUndefined()
  for (const other of [undefined, '', '.', 'x', `${cookie}x`, `x${cookie}`, cookie.replace('.', '')]) {
    expect(devices.nameOf(other)).toBeUndefined()
  }
})
