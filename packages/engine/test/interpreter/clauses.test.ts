import { describe, expect, it } from 'vitest'
import { splitClauses, splitRequests } from '../../src/interpreter/clauses.ts'

describe('a sentence with several requests', () => {
  it.each([
    ['restart nginx and show me its log', ['restart nginx', 'show me its log']],
    ['delete old.log, then list the folder', ['delete old.log', 'list the folder']],
    ['is nginx up and what is on port 80?', ['is nginx up', 'what is on port 80?']],
    ['check the disks; list failed services', ['check the disks', 'list failed services']],
    ['show the disks, the memory', ['show the disks, the memory']],
    ['why did nginx die, show its log', ['why did nginx die, show its log']],
    ['replace foo and bar with baz in x.txt', ['replace foo and bar with baz in x.txt']],
    ['write "show me and list this" to notes.txt', ['write "show me and list this" to notes.txt']],
    ['cpu and memory usage', ['cpu and memory usage']],
    ['show errors and warnings', ['show errors and warnings']],
    ['how full are my disks?', ['how full are my disks?']],
    ['read /etc/nginx/nginx.conf and then delete notes.txt', ['read /etc/nginx/nginx.conf', 'delete notes.txt']],
    ['restart nginx ,\n and show me its log', ['restart nginx', 'show me its log']],
    ['restart nginx;\nand show me its log', ['restart nginx', 'and show me its log']],
  ])('%j', (text, parts) => {
    expect(splitRequests(text)).toEqual(parts)
  })
})

describe('the clauses of a request', () => {
  it.each([
    ["don't delete it, only show it", ["don't delete it", 'only show it']],
    ['show it but not all', ['show it', 'not all']],
    ['never stop nginx. show it!', ['never stop nginx', 'show it']],
    ['read a.b - then stop', ['read a.b', 'then stop']],
    ['show it\n- the log\nonly that', ['show it', '- the log', 'only that']],
    ['say "no, but yes" and go', ['say "no, but yes"', 'go']],
  ])('%j', (text, clauses) => {
    expect(splitClauses(text)).toEqual(clauses)
  })
})

// Each would take an hour, and not a second, if a run were read again from each of its characters.
describe('a text made to hurt', () => {
  const many = 2_000_000
  it.each([
    ['spaces', `restart nginx${' '.repeat(many)}.`, 1, 1],
    ['spaces at the end', `restart nginx${' '.repeat(many)}`, 1, 1],
    ['line breaks', `show it${'\n'.repeat(many)}show that`, 2, 2],
    ['words that join', `show it ${'and '.repeat(many / 8)}`, 1, 1],
    ['quotes and commas', `show ${'"a" , '.repeat(many / 8)}`, 1, many / 8],
  ])('%s', (_, text, requests, clauses) => {
    expect(splitRequests(text)).toHaveLength(requests)
    expect(splitClauses(text).length).toBeGreaterThanOrEqual(clauses)
  })
})
