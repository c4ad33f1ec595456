import { createHash } from 'node:crypto'
import { CastellanError, type LedgerActor, type PolicyStatus, type StandingRule } from '@castellan/contracts'
import type { StandingRules } from '../approvals/always.ts'
import type { Claim } from '../approvals/lifecycle.ts'
import { readArguments } from '../calls/arguments.ts'
import type { Registry } from '../calls/registry.ts'
import type { Host } from '../host/index.ts'
import { judgeCall } from '../sandbox/index.ts'
import { addRule, removeRule } from './always-file.ts'
import type { PolicyKeeper } from './policy-keeper.ts'
import { readRules } from './read-rules.ts'
import { ruleFor, type StandingCall } from './standing-rule.ts'

export interface AlwaysParts {
  readonly keeper: PolicyKeeper
  readonly registry: Registry
  /** There by the time a call is asked about. */
  readonly host: () => Host
}

/** "Allow always": what a person agrees to becomes a readable rule, and stops being one when it is revoked. */
export class Always implements StandingRules {
  readonly #parts: AlwaysParts

  constructor(parts: AlwaysParts) {
    this.#parts = parts
  }

  async ruleFor(claim: Claim): Promise<StandingRule> {
    const rule = ruleFor(await this.#described(claim))
    if (!rule.possible) return rule
    const { text } = rule
    // A rule that would not load must not be offered: it is read the way the file will be.
    readRules([{ name: 'always.cedar', text }], this.#tools())
    return { possible: true, rule: text, digest: createHash('sha256').update(text).digest('hex') }
  }

  /** Throws `approval_no_rule`, `read_only`, `policy_invalid`, and what the ledger throws; nothing is changed then. */
  async add(rule: string, { approval_id, by }: { readonly approval_id: string; readonly by: string }): Promise<void> {
    const { keeper } = this.#parts
    if (keeper.state !== 'ok') {
      throw new CastellanError(
        'approval_no_rule',
        'The policy files cannot be read as they are, so no rule can be added. `agentctl policy show` tells why.',
      )
    }
    const [read] = readRules([{ name: 'always.cedar', text: rule }], this.#tools())
    if (keeper.rules.some(({ id }) => id === read?.id)) return
    const about = `${by} said always, with approval ${approval_id}, ${new Date().toISOString()}.`
    await keeper.change({ kind: 'operator', name: by.slice(0, 80) }, () => addRule(keeper.folder, rule, about))
  }

  /** Takes a rule out again. Throws `not_found`, `read_only`, `policy_invalid`, and what the ledger throws. */
  async revoke(id: string, actor: LedgerActor): Promise<PolicyStatus> {
    const { keeper } = this.#parts
    await keeper.change(actor, () => removeRule(keeper.folder, id))
    await keeper.announce()
    return keeper.status()
  }

  async #described({ caller, agent, tool: name, args }: Claim): Promise<StandingCall> {
    const { tool, descriptor } = this.#parts.registry.find(name)
    const host = this.#parts.host()
    const input = readArguments(tool, descriptor, { ...args })
    const resources = (await tool.resources?.(input, host)) ?? []
    return { caller, agent, tool, args, resources, commands: await commandsOf(host, name, args) }
  }

  #tools() {
    return this.#parts.registry.tools()
  }
}

/** What a command tool would start. Code that nobody vouches for is never understood as a whole. */
async function commandsOf(host: Host, tool: string, args: Claim['args']): Promise<StandingCall['commands']> {
  if (tool === 'sandbox_exec') return 'unknown'
  const verdict = await judgeCall(host.sandbox, tool, args)
  if (verdict === undefined) return []
  return verdict.plan === null ? 'unknown' : verdict.plan.commands.map(({ argv }) => argv)
}
