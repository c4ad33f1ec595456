import { peopleWanted } from '../people.ts'
import type { Rule } from '../rule.ts'
import type { Valid } from './job.ts'

/** What somebody who puts a draft in force should know beyond which decisions change, a sentence each. */
export function warningsAbout(before: readonly Rule[], { people, deniesOperator, rules }: Valid): string[] {
  const texts = new Map(rules.map(({ id, text }) => [id, text]))
  const replaced = before.filter(({ id, file, text }) => file === 'default.cedar' && texts.get(id) !== text)
  return [
    ...(deniesOperator
      ? [
          'It denies calls to the operator, on operator.sock too. Policy itself can still be changed, here and by root on the host.',
        ]
      : []),
    ...(replaced.length > 0 ? [`It takes the place of rules that come with Castellan: ${named(replaced)}.`] : []),
    ...(people === 2 && peopleWanted(before) === 1
      ? [
          'It wants two people for some calls. From then on no single signature changes the policy: root changes it on the host.',
        ]
      : []),
  ]
}

function named(rules: readonly Rule[]): string {
  const ids = rules.map(({ id }) => id)
  return ids.length <= 5 ? ids.join(', ') : `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more`
}
