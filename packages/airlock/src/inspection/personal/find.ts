import type { Report } from '../finding.ts'
import { findNationalIds } from './national-ids.ts'
import { findPayment } from './payment.ts'

/** Where a number of a person or an account may be: a few letters, digits, and what people put between them. */
const CLUSTER = /(?<![A-Za-z0-9])[A-Za-z]{0,6}\d[A-Z0-9 .+/-]{6,}/g
const BEFORE = 60

const EMAIL = /(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])/gi
const PHONE = /(?<![\w.+-])(?:\+|00)[1-9]\d{0,2}[ .()/-]{0,3}(?:\d[ .()/-]{0,2}){6,12}\d(?![\w-])/g

/** Payment cards, bank accounts and national ids; all of them have digits that check the others. */
export function findPersonal(text: string, report: Report): void {
  for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
    if (cluster.length < 9) continue
    findPayment(cluster, index, report)
    findNationalIds(cluster, text.slice(Math.max(0, index - BEFORE), index), index, report)
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
