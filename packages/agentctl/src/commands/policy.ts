import type { Cli } from '../program.ts'
import { explainPolicy } from './policy/explain.ts'
import { checkPolicy, comparePolicies, printSchema, testPolicy } from './policy/files.ts'
import { reloadPolicy, revokeRule, showPolicy, showRules } from './policy/in-force.ts'
import { tryPolicyFile } from './policy/try.ts'
import { setMode } from './session.ts'

const teach = `
Policy is Cedar rules: those that come with Castellan, and the owner's in the policy folder (*.cedar). A rule with the @id of
a built-in one takes its place. Work on a copy of the folder, then:

  agentctl policy check ./policy                       are the rules well-formed, do they fit the tools
  agentctl policy test ./policy                        run the tests in it (*.test.json)
  agentctl policy diff ./policy                        what it would change against what is in force
  agentctl policy try ./mine.cedar                     what one file would change, over the newest 1,000 recorded calls
  agentctl policy explain --dir ./policy --tool file_write --args '{"path":"notes.txt","content":"x"}'
  agentctl policy reload                               put the policy folder in force
  agentctl policy rules                                what people allowed always; \`policy revoke ID\` ends it

check, test, schema, and diff and explain with folders, need no Castellan that runs. Exits with 1 where a policy is invalid or a
test fails.`

/** `agentctl policy`: what agents may do, asked, tested and changed. */
export function addPolicy({ program, act }: Cli): void {
  const policy = program
    .command('policy')
    .description('what agents may do: ask, check, test, compare, reload')
    .addHelpText('after', teach)
  policy
    .command('show', { isDefault: true })
    .option('--text', "print the rules' text", false)
    .description('show the policy in force, and what is wrong with its files')
    .action(act(showPolicy))
  policy
    .command('check')
    .argument('[folder]', 'a policy folder (default: that of this instance)')
    .description('check the rules of a policy folder')
    .action(act(checkPolicy))
  policy
    .command('test')
    .argument('[folder]', 'a policy folder (default: that of this instance)')
    .option('--built-in', 'run the tests that come with the default rules instead', false)
    .description('run the tests of a policy folder')
    .action(act(testPolicy))
  policy
    .command('explain')
    .requiredOption('--tool <name>', 'the tool that would be called')
    .option('--args <json>', "the call's arguments: a JSON object, @FILE, or - for standard input", '{}')
    .option('--mode <mode>', 'observe, assist, operate or sensitive (default: the one that was set)')
    .option('--agent <name>', 'the agent that would call', 'main')
    .option('--caller <kind>', 'agent, operator or routine', 'agent')
    .option('--session <id>', 'whose mode and labels count')
    .option('--taint <label>', 'what the session took in: untrusted-text, secret; may be given more than once', collect)
    .option('--channel <name>', 'through what the agent would speak')
    .option('--agreed', 'for a routine: a person agreed to the call when it was set up', false)
    .option('--at <time>', 'when it would be called, RFC 3339 in UTC (default: now)')
    .option('--dir <folder>', 'ask this policy folder instead of the policy in force')
    .description('tell what policy would decide about a call, and why; nothing runs')
    .action(act(explainPolicy))
  policy
    .command('diff')
    .argument('<folder>', 'a policy folder; alone, it is compared with the one of this instance')
    .argument('[other]', 'the policy folder that it is compared with')
    .description('tell which decisions change from one policy folder to another')
    .action(act(comparePolicies))
  policy
    .command('try')
    .argument('<file>', 'a file of rules or of tests, as it would lie in the policy folder')
    .description('tell what one file would change, over recorded calls too; nothing is saved')
    .action(act(tryPolicyFile))
  policy.command('reload').description('put the policy folder in force as it is now').action(act(reloadPolicy))
  policy
    .command('mode')
    .argument('<for>', 'all, agent:NAME or session:ses_…')
    .argument('<mode>', 'observe, assist, operate or sensitive')
    .description('set how freely agents act; the same as `agentctl session mode`')
    .action(act(setMode))
  policy.command('rules').description('list what people allowed always').action(act(showRules))
  policy
    .command('revoke')
    .argument('<id>', 'the rule, as `agentctl policy rules` lists it')
    .description('take back what was allowed always')
    .action(act(revokeRule))
  policy.command('schema').description('print what rules can name and read, as a Cedar schema').action(act(printSchema))
}

function collect(label: string, before: readonly string[] = []): string[] {
  return [...before, label]
}
