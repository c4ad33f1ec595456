import { expect, it, test } from 'vitest'
import { emptyWatcher, type WatcherDraft, watcherArguments, watcherProblem } from '../../src/routines/watcher-draft.ts'
import { watchers } from '../../src/strings/watchers.ts'

const { unready } = watchers.form
const draft: WatcherDraft = { ...emptyWatcher(), name: 'web', unit: 'nginx.service' }

it.each<[string, Partial<WatcherDraft>, object]>([
  ['a unit', {}, { kind: 'unit', unit: 'nginx.service' }],
  ['a port', { kind: 'tcp', port: '5432' }, { kind: 'tcp', host: '127.0.0.1', port: 5432 }],
  ['an address', { kind: 'http', url: ' http://a/ ' }, { kind: 'http', url: 'http://a/', status: null }],
  [
    'an address with a status',
    { kind: 'http', url: 'https://a/', status: '204' },
    { kind: 'http', url: 'https://a/', status: 204 },
  ],
  ['a disk', { kind: 'disk' }, { kind: 'disk', path: '/', abovePercent: 90 }],
  ['memory', { kind: 'memory', percent: '95.5' }, { kind: 'memory', abovePercent: 95.5 }],
  ['the load', { kind: 'load' }, { kind: 'load', abovePerCpu: 4 }],
])('%s is looked at as it was written', (_, part, check) => {
  expect(watcherProblem({ ...draft, ...part })).toBeNull()
  expect(watcherArguments({ ...draft, ...part }).check).toEqual(check)
})

test('the ladder is the steps in order, a unit where one is restarted', () => {
  const ladder = [
    { id: 3, act: 'restart', unit: ' nginx.service ' },
    { id: 1, act: 'rollback', unit: 'left over' },
  ] as const
  expect(watcherArguments({ ...draft, ladder }).ladder).toEqual([
    { act: 'restart', unit: 'nginx.service' },
    { act: 'rollback' },
  ])
})

it.each<[string, Partial<WatcherDraft>, string]>([
  ['a name', { name: 'Web' }, unready.name],
  ['a unit', { unit: ' ' }, unready.unit],
  ['a host', { kind: 'tcp', host: '' }, unready.host],
  ['a port', { kind: 'tcp', port: '65536' }, unready.port],
  ['an address of another kind', { kind: 'http', url: 'javascript:alert(1)' }, unready.url],
  ['an address', { kind: 'http', url: 'http://' }, unready.url],
  ['a status', { kind: 'http', url: 'http://a/', status: '99' }, unready.status],
  ['a path', { kind: 'disk', path: '' }, unready.path],
  ['a share', { kind: 'memory', percent: '101' }, unready.percent],
  ['a load', { kind: 'load', perCpu: '' }, unready.load],
  ['how often', { every: '9' }, unready.every],
  ['how many looks', { failures: '2.5' }, unready.failures],
  ['how long between steps', { grace: '-1' }, unready.grace],
  ['what to restart', { ladder: [{ id: 0, act: 'restart', unit: '' }] }, unready.step(1)],
])('without %s it cannot be added', (_, part, why) => {
  expect(watcherProblem({ ...draft, ...part })).toBe(why)
})
