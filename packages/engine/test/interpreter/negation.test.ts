import { describe, expect, it } from 'vitest'
import { carriesOut } from '../../src/interpreter/acts.ts'
import { askedVerbs, readNegation } from '../../src/interpreter/negation.ts'

const change = (name: string) => ({ name, effect: 'change' })

describe('an order not to', () => {
  it.each([
    "don't delete notes.txt",
    'do not delete notes.txt',
    'please dont remove /etc/hosts',
    'Don’t delete notes.txt!',
    'never overwrite my notes',
    'whatever you do, do not touch nginx.conf',
    'you must not edit that file',
    'no need to restore it',
    'hold off on deleting old.log',
    'i said do NOT undo that',
    "you shouldn't write to that file",
    "don't show me passwords.txt",
    'do not verify the ledger now',
    "i don't want you to look at it",
    "wait, don't",
    "let's not do that now",
    "please don't delete notes.txt, i need it",
    "i changed my mind, don't overwrite notes.txt",
    "false alarm, everything is ok, don't check",
    "notes.txt is fine in the bin, don't bring it back",
  ])('%j leaves nothing to do', (text) => {
    expect(readNegation(text)).toMatchObject({ forbids: true, remainder: '' })
  })

  it.each([
    ["don't delete notes.txt, just show it", 'just show it'],
    ["don't change anything, only list the folder", 'only list the folder'],
    ['do not restore old.log but delete it', 'delete it'],
  ])('%j leaves what is asked besides', (text, remainder) => {
    expect(readNegation(text)).toMatchObject({ forbids: true, remainder })
  })
})

describe('a request that denies an act without an order', () => {
  it.each([
    ['make sure notes.txt is not deleted', 'deleted'],
    ['notes.txt should not be removed', 'removed'],
    ["i shouldn't have deleted it, bring it back", 'deleted'],
    ["i wasn't asking you to delete notes.txt", 'delete'],
    ['append a line without changing the rest', 'changing'],
  ])('%j denies %j', (text, verb) => {
    expect(readNegation(text)).toEqual({ denied: [verb], forbids: false, remainder: text })
  })
})

describe('a request that denies nothing', () => {
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
    "can't you delete notes.txt?",
    "you weren't supposed to do that. revert",
    "isn't it possible to undo 12?",
    'how long is it up without a restart',
    'never mind the last one, delete notes.txt',
  ])('%j', (text) => {
    expect(readNegation(text)).toEqual({ denied: [], forbids: false, remainder: text })
  })
})

describe('a verb', () => {
  it.each([
    ['deleted', 'file_delete', true],
    ['removing', 'file_delete', true],
    ['overwrite', 'file_write', true],
    ['delete', 'file_write', false],
    ['change', 'file_edit', true],
    ['undo', 'undo_apply', true],
    ['restart', 'service_restart', true],
    ['stopped', 'service_stop', true],
    ['restart', 'service_stop', false],
    ['touch', 'file_write', true],
  ])('%j of %s: %s', (verb, tool, expected) => {
    expect(carriesOut(change(tool), verb)).toBe(expected)
  })

  it('never takes a tool away that only reads', () => {
    expect(carriesOut({ name: 'file_read', effect: 'read' }, 'touch')).toBe(false)
  })

  it('counts as asked where nothing denies it', () => {
    expect(askedVerbs("overwrite it, don't append")).toEqual(['overwrite'])
  })
})
