import { expect, test } from 'vitest'
import { type Act, matching } from '../../src/shell/acts.ts'

const act = (title: string, about: string): Act => ({ kind: 'page', title, about, run: () => {} })
const acts = [act('Ledger', 'look up and verify every act'), act('Time line', 'every change'), act('Sign out', 'leave')]

test.each([
  ['', ['Ledger', 'Time line', 'Sign out']],
  ['le', ['Ledger', 'Sign out']],
  ['ver', ['Ledger']],
  ['LINE time', ['Time line']],
  ['every', ['Ledger', 'Time line']],
  ['nothing', []],
  ['.*', ['Ledger', 'Time line', 'Sign out']],
])('%j finds %j', (typed, titles) => {
  expect(matching(acts, typed).map(({ title }) => title)).toEqual(titles)
})
