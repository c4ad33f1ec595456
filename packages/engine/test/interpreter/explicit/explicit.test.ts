import { describe, expect, it } from 'vitest'
import { heedExplicit } from '../../../src/interpreter/explicit/explicit.ts'
import { catalogue } from '../../support/tools.ts'

type Args = Record<string, unknown>

const heed = (name: string, args: Args, text: string): Args =>
  heedExplicit(
    args,
    text,
    catalogue.find((tool) => tool.name === name),
  )

describe('what a request says in so many words', () => {
  it.each<[tool: string, chosen: Args, text: string, heeded: Args]>([
    ['journal_query', {}, 'show the log of the last 2 hours', { since: '2 hours' }],
    ['journal_query', { since: '11' }, '11 lines since yesterday', { since: 'yesterday', limit: 11 }],
    ['journal_query', { since: 'day' }, 'what happened in the past few days', { since: 'few days' }],
    ['journal_query', { since: 'boot' }, 'log from boot on', { since: 'boot' }],
    ['journal_query', { since: '9am' }, 'log since 9am', { since: '9am' }],
    ['journal_query', {}, 'nginx errors', { priority: 'err' }],
    ['journal_query', { priority: 'debug' }, 'journalctl -p warning', { priority: 'warning' }],
    ['journal_query', { priority: 'err' }, 'what went wrong', { priority: 'err' }],
    ['journal_query', { priority: 'err' }, 'errors and warnings', { priority: 'err' }],
    ['journal_query', { grep: 'error' }, 'grep error in the log', { grep: 'error' }],
    ['journal_query', { unit: 'ten' }, 'the last ten messages', { limit: 10 }],
    ['journal_query', { unit: 'nginx' }, 'nginx, max six', { unit: 'nginx', limit: 6 }],
    ['journal_query', {}, 'log of nginx.service please', { unit: 'nginx.service' }],
    ['process_list', {}, 'top 5 by cpu', { limit: 5 }],
    ['process_list', {}, 'what has run for the last 5 minutes', {}],
    ['network_listeners', {}, 'lsof -itcp:443', { protocol: 'tcp' }],
    ['network_listeners', {}, 'tcp and udp please', {}],
    ['file_write', { path: 'a' }, 'append "x" to a', { path: 'a', content: 'x', mode: 'append' }],
    ['file_write', { path: 'a', mode: 'append' }, 'create a with "x"', { path: 'a', content: 'x' }],
    ['file_write', { path: 'a', mode: 'append' }, 'add "x" to a', { path: 'a', content: 'x', mode: 'append' }],
    ['file_write', { path: 'a', mode: 'overwrite' }, 'save "x" as a', { path: 'a', content: 'x' }],
    ['file_edit', { path: 'a', find: 's/b/c/' }, 'sed -i s/b/c/ a', { path: 'a', find: 'b', replace: 'c' }],
    ['file_edit', { find: 'y', replace: 'x' }, 'in a "x" should become "y"', { find: 'x', replace: 'y' }],
    ['file_edit', { find: 'x', replace: 'y' }, 'put "y" in place of "x"', { find: 'x', replace: 'y' }],
    [
      'file_edit',
      { path: 'v2', find: 'dns', replace: 'x = v2' },
      'dns to x = v2 in a.conf',
      { path: 'a.conf', find: 'dns', replace: 'x = v2' },
    ],
    [
      'file_edit',
      { path: 'hosts', find: '10.0.0.1', replace: 'b.c' },
      '10.0.0.1 to b.c in hosts',
      { path: 'hosts', find: '10.0.0.1', replace: 'b.c' },
    ],
  ])('%s %j of %j is %j', (tool, chosen, text, heeded) => {
    expect(heed(tool, chosen, text)).toEqual(heeded)
  })

  it.each([
    ['write "the last 2 hours of errors, append tcp" to notes.txt', 'journal_query'],
    ['write "top 5 udp" to notes.txt', 'network_listeners'],
  ])('is never taken from inside quotes: %j', (text, tool) => {
    expect(heed(tool, {}, text)).toEqual({})
  })
})
