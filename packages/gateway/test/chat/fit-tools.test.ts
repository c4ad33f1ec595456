import { type ToolDescriptor, ToolName } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { fitTools, tokensOfTools } from '../../src/chat/fit-tools.ts'
import { diskUsage } from '../support/providers/parts.ts'

const tool = (name: string, description: string): ToolDescriptor => ({
  ...diskUsage,
  name: ToolName.parse(name),
  title: name,
  description,
})
const fillers = Array.from({ length: 60 }, (_, number) =>
  tool(`filler_${'abcdefghij'[number % 10]}${number}`, `Does thing ${number} to something else entirely.`),
)
const tools = [
  ...fillers,
  tool('firewall_rules', 'What the packet filter lets in.'),
  tool('service_restart', 'Restarts a unit.'),
  tool('disk_usage', 'How full file systems are.'),
]
const fit = (said: string, contextTokens: number, called: string[] = []) =>
  fitTools(tools, { said, called: new Set(called), contextTokens })
const names = (fitting: { tools: ToolDescriptor[] }) => fitting.tools.map(({ name }) => name as string)

test('all tools are offered where they fit', () => {
  expect(fit('anything', 1_000_000)).toEqual({ tools, left: 0 })
})

test('where they do not, those that the conversation speaks of come first, in their order', () => {
  const fitting = fit('restart the nginx services, please', 1_000)
  expect(names(fitting)).toContain('service_restart')
  expect(fitting.left).toBe(tools.length - fitting.tools.length)
  expect(tokensOfTools(fitting.tools)).toBeLessThanOrEqual(300)
  expect(names(fit('what does the firewall filter?', 1_000))).toContain('firewall_rules')
  expect(fitting.tools).toEqual(tools.filter((one) => fitting.tools.includes(one)))
})

test('a tool that was called stays, whatever is said', () => {
  expect(names(fit('something else entirely', 1_000, ['service_restart']))).toContain('service_restart')
})

test('words of another language leave what is needed most', () => {
  expect(names(fit('¿qué tal? なにか', 1_000))).toContain('disk_usage')
})

test('the same words give the same tools', () => {
  expect(fit('restart it', 2_000)).toEqual(fit('restart it', 2_000))
})
