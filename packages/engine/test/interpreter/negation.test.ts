import { describe, expect, it } from 'vitest'
import { readNegation } from '../../src/interpreter/negation.ts'

describe('a request that forbids an act', () => {
  it.each([
    "don't delete notes.txt",
    'do not delete notes.txt',
    'please dont remove /etc/hosts',
    'Don’t delete notes.txt!',
    'never overwrite my notes',
    'whatever you do, do not touch nginx.conf',
    'you must not edit that file',
    'make sure notes.txt is not deleted',
    'no need to restore it',
    'hold off on deleting old.log',
    'notes.txt should not be removed',
    'i said do NOT undo that',
    "you shouldn't write to that file",
  ])('%j', (text) => {
    expect(readNegation(text).forbids).toBe(true)
  })

  it.each([
    "isn't nginx supposed to run?",
    "nginx doesn't answer, is it up",
    "i don't need old.log any more, delete it",
    "don't forget to delete old.log",
    "why don't you show me the disks",
    'delete notes.txt',
    'do nothing fancy, show the log',
    "which services aren't running",
    'i do not know what holds port 80',
    "show me what isn't mounted",
  ])('%j forbids nothing', (text) => {
    expect(readNegation(text)).toEqual({ forbids: false, remainder: text })
  })

  it('leaves what is asked besides', () => {
    expect(readNegation("don't delete notes.txt, just show it")).toEqual({ forbids: true, remainder: 'just show it' })
  })
})
