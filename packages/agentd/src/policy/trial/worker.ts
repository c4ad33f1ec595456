import { parentPort, workerData } from 'node:worker_threads'
import type { Tool } from '../../tools/define.ts'
import { builtInRules, withDefaults } from '../built-in.ts'
import { CedarPolicy } from '../cedar-policy.ts'
import { type Comparison, compare } from '../compare.ts'
import { peopleWanted } from '../people.ts'
import { PolicyInvalid, readRules } from '../read-rules.ts'
import type { Job, Verdict } from './job.ts'
import { toolOf } from './plain-tool.ts'

/** Differences between kinds of calls that are handed back. */
const MAX_KINDS = 200
const NOTHING: Comparison = { asked: 0, complete: true, differences: [] }

/**
 * Reads rules that nobody vouches for and asks them, in a thread of its own: what they do to Cedar and to the clock they do
 * to this thread alone.
 */
function judge({ before, files, tools, questions, kindsMs }: Job): Verdict {
  const byName = new Map(tools.map((plain) => [plain.name, toolOf(plain)]))
  const all = [...byName.values()]
  const now = new CedarPolicy(before)
  let then: CedarPolicy
  try {
    then = new CedarPolicy(withDefaults(readRules(files, all), builtInRules('default')))
  } catch (error) {
    if (error instanceof PolicyInvalid) return { kind: 'invalid', problems: error.problems }
    throw error
  }
  const answers = questions.map((plain) => {
    const question = { ...plain, tool: byName.get(plain.tool) as Tool }
    return { before: now.decide(question), after: then.decide(question) }
  })
  const kinds =
    kindsMs === 0 || now.digest === then.digest ? NOTHING : compare(now, then, all, [], Date.now() + kindsMs)
  return {
    kind: 'valid',
    digest: then.digest,
    rules: then.rules.map(({ id, text }) => ({ id, text })),
    deniesOperator:
      kinds.differences.some(({ caller, after }) => caller === 'operator' && after.decision === 'deny') ||
      answers.some(
        (answer, position) =>
          questions[position]?.principal.kind === 'operator' &&
          answer.before.decision !== 'deny' &&
          answer.after.decision === 'deny',
      ),
    people: peopleWanted(then.rules),
    answers,
    kinds: { ...kinds, changed: kinds.differences.length, differences: kinds.differences.slice(0, MAX_KINDS) },
  }
}

parentPort?.postMessage(judge(workerData as Job))
