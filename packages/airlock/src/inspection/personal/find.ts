import type { Report } from '../finding.ts'
import { findNationalIds } from './national-ids.ts'
import { findPayment } from './payment.ts'

/** Where a number of a person or an account may be: digits, what people put between them, and a few letters in front. */
const CLUSTER = /\d[A-Z0-9 .+/-]{6,4096}/g
const FRONT = /(?<![A-Za-z0-9])[A-Za-z]{1,6}$/
/** A longer row of digits is none of these numbers. */
const MAX_DIGITS = 40
const BEFORE = 60

const EMAIL = /(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])/gi
const PHONE = /(?<![\w.+-])(?:\+|00)[1-9]\d{0,2}[ .()/-]{0,3}(?:\d[ .()/-]{0,2}){6,12}\d(?![\w-])/g

/** Payment cards, bank accounts and national ids; all of them have digits that check the others. */
export function findPersonal(text: string, report: Report): void {
  for (const { 0: tail, index: digit } of text.matchAll(CLUSTER)) {
    if (tail.length > MAX_DIGITS && /^\d+$/.test(tail)) continue
    const [front = ''] = FRONT.exec(text.slice(Math.max(0, digit - 7), digit)) ?? []
    const index = digit - front.length
    const cluster = front + tail
    if (cluster.length < 9) continue
    const before = text.slice(Math.max(0, index - BEFORE), index)
    // What the number is glued to in front: then it is a part of something else.
    if (/[A-Za-z0-9_$]$/.test(before) || /\d\.$/.test(before)) continue
    findPayment(cluster, index, report)
    findNationalIds(cluster, before, index, report)
  }
}

/** E-mail addresses and international phone numbers. */
export function findContacts(text: string, report: Report): void {
  for (const [kind, form] of [
    ['email', EMAIL],
    ['phone', PHONE],
  ] as const) {
    for (const match of text.matchAll(form)) {
      report({ class: 'contact', kind, start: match.index, end: match.index + match[0].length })
    }
  }
}
