import { PolicyExplainRequest, PolicyExplanation, SessionMode, TaintLabel } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'

export const policyExplain = defineTool({
  name: 'policy_explain',
  title: 'Ask what policy would decide',
  description:
    'Tells whether a call would be allowed, asked about or denied, by which rule, and what would have to be different. Nothing runs and nobody is asked.',
  input: z.strictObject({
    tool: z.string().min(1).max(64).describe('Name of the tool.'),
    args: z.record(z.string(), z.unknown()).default({}).describe('The arguments of the call.'),
    mode: SessionMode.optional().describe('Default: the mode of this session.'),
    taint: z.array(TaintLabel).max(4).optional().describe('Default: what this session has taken in.'),
  }),
  output: PolicyExplanation,
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ decision, rule, reasons }, { tool }) =>
    `Policy ${decision === 'ask' ? 'asks a person about' : decision === 'allow' ? 'allows' : 'denies'} ${tool} (rule ${rule}): ${reasons[0] ?? ''}`,
  run: ({ tool, args, mode, taint }, { host, call }) =>
    host.policy.explain(
      PolicyExplainRequest.parse({
        tool,
        args,
        caller: call.caller,
        agent: call.agent,
        session: call.session,
        ...(mode === undefined ? {} : { mode }),
        ...(taint === undefined ? {} : { taint }),
      }),
    ),
})
