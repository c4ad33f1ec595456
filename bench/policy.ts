import { builtInText } from '../packages/agentd/src/policy/built-in.ts'
import { authorize, prepare } from '../packages/agentd/src/policy/cedar.ts'
import { CedarPolicy } from '../packages/agentd/src/policy/cedar-policy.ts'
import type { PolicyQuestion } from '../packages/agentd/src/policy/policy.ts'
import { readRules } from '../packages/agentd/src/policy/read-rules.ts'
import type { Rule } from '../packages/agentd/src/policy/rule.ts'
import { tools } from '../packages/agentd/src/tools/index.ts'
import type { Report } from '../scripts/bench/report.ts'

export const title = 'policy: a decision with 500 rules, beside Cedar over all of them and over 5'

const RULES = 500
const ROUNDS = 1500

/** The default rules and as many an owner might write over the years: about agents, tools, paths, units and times of day. */
function manyRules(): Rule[] {
  const some = tools.map(({ name }) => name)
  const own = Array.from({ length: RULES - builtInCount() }, (_, n) => {
    const tool = some[n % some.length]
    switch (n % 5) {
      case 0:
        return `@id("own-${n}") forbid (principal is Agent, action == Action::"${tool}", resource in Path::"/srv/${n}") when { context.access == "write" };`
      case 1:
        return `@id("own-${n}") permit (principal == Agent::"agent-${n}", action == Action::"${tool}", resource);`
      case 2:
        return `@id("own-${n}") permit (principal is Agent, action == Action::"service_restart", resource == Unit::"app-${n}.service") when { context.approvals >= 1 };`
      case 3:
        return `@id("own-${n}") permit (principal == Agent::"main", action == Action::"${tool}", resource) when { context.arguments == "{\\"n\\":${n}}" };`
      default:
        return `@id("own-${n}") forbid (principal is Agent, action == Action::"${tool}", resource) when { context.time.hour < 6 && context.session == "ses_${n}" };`
    }
  })
  return readRules([builtInText('default'), { name: 'own.cedar', text: own.join('\n') }], tools)
}

function builtInCount(): number {
  return builtInText('default').text.match(/^@id/gm)?.length ?? 0
}

function question(name: string, mode: 'assist' | 'operate'): PolicyQuestion {
  const tool = tools.find((candidate) => candidate.name === name)
  if (tool === undefined) throw new Error(`there is no tool ${name}`)
  const args = { path: 'projects/site/index.html', content: 'hello', mode: 'overwrite' }
  return {
    principal: { kind: 'agent', agent: 'main' as never, session: 'ses_0123456789' as never },
    tool,
    args,
    input: args,
    resources: [{ kind: 'path', id: '/var/lib/castellan/workspace/projects/site/index.html', access: 'write' }],
    context: {
      mode,
      taint: [],
      left: { steps: 100, tool_calls: 100 },
      capability: undefined,
      command: 'none',
      agreed: false,
      channel: undefined,
      now: Date.now(),
    },
  }
}

/** Cedar itself, asked once: nothing of ours around it. */
function bareCedar(rules: readonly Rule[]): () => void {
  prepare('bench bare', Object.fromEntries(rules.map(({ id, json }) => [id, json])))
  const file = { type: 'Path', id: '/var/lib/castellan/workspace/projects/site/index.html' }
  const context = { mode: 'operate', approvals: 0, taint: [], command: 'none', agreed: false, access: 'write' }
  const whole = { ...context, arguments: '{}', session: 'ses_0', time: { hour: 12 }, args: {} }
  const action = { type: 'Action', id: 'file_write' }
  const groups = ['change', 'reversible'].map((id) => ({ type: 'Action', id }))
  const entities = [{ uid: action, attrs: {}, parents: groups }]
  const principal = { type: 'Agent', id: 'main' }
  return () => void authorize('bench bare', { principal, action, resource: file, context: whole, entities })
}

export async function run(report: Report): Promise<void> {
  const startedAt = performance.now()
  const rules = manyRules()
  report({ name: `reading and validating ${rules.length} rules`, value: performance.now() - startedAt, unit: 'ms' })

  const sliced = new CedarPolicy(rules, { place: 'bench sliced' })
  const whole = new CedarPolicy(rules, { place: 'bench whole', sliced: false })
  const five = medianOf(bareCedar(rules.slice(0, 5)))
  for (const [what, asked] of [
    ['allowed at once', question('file_write', 'operate')],
    ['a question, asked twice', question('file_write', 'assist')],
    ['a read', question('file_read', 'assist')],
  ] as const) {
    const value = medianOf(() => void sliced.decide(asked))
    const baseline = medianOf(() => void whole.decide(asked), ROUNDS / 10)
    report({
      name: `decision: ${what}, p50, beside the whole set`,
      value: value * 1000,
      unit: 'µs',
      baseline: baseline * 1000,
      ratio: value / baseline,
      goal: 'under 300 µs',
    })
  }
  report({ name: 'bare Cedar over 5 rules, p50', value: five * 1000, unit: 'µs' })
}

function medianOf(work: () => void, rounds = ROUNDS): number {
  const times: number[] = []
  for (let round = 0; round < rounds * 1.2; round += 1) {
    const startedAt = performance.now()
    work()
    if (round >= rounds * 0.2) times.push(performance.now() - startedAt)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
