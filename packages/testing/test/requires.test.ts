import { expect, test } from 'vitest'
import { findCommand, requires } from '../src/index.ts'

test('a command on the PATH meets its requirement', () => {
  expect(requires.command('sh', 'dash').met).toBe(true)
  expect(findCommand('sh')).toMatch(/\/sh$/)
})

test('a missing command says which Debian package has it', () => {
  const requirement = requires.command('no-such-command', 'no-such-package')
  expect(requirement).toMatchObject({
    met: false,
    reason: 'needs the command no-such-command (Debian package no-such-package)',
  })
})

test('of two requirements the first unmet one gives the reason', () => {
  const met = requires.that(true, 'a')
  const unmet = requires.that(false, 'needs b')
  expect(met.and(unmet).reason).toBe('needs b')
  expect(unmet.and(met).reason).toBe('needs b')
  expect(met.and(met).met).toBe(true)
})
