import { describe, expect, it } from 'vitest'
import { splitRequests } from '../../src/interpreter/clauses.ts'

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
    // Would take the better part of a minute if a run of spaces could be parted in several ways.
    [`restart nginx${' '.repeat(4500)}.`, [`restart nginx${' '.repeat(4500)}.`]],
  ])('%j', (text, parts) => {
    expect(splitRequests(text)).toEqual(parts)
  })
})
