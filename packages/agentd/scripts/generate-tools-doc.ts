/**
 * Writes docs/tools.md from the registry and the recorded examples. With `--check` nothing is written: exits 1 and says
 * what differs, which is what CI asks. An example whose arguments or result no longer fit its tool is an error either way:
 * record-tool-examples.ts makes new ones.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { describeIssues, describeTool } from '@castellan/contracts'
import { tools } from '../src/tools/index.ts'
import { renderToolsDoc, type ToolExample } from './tools-doc.ts'

const page = new URL('../../../docs/tools.md', import.meta.url)
const recorded: ToolExample[] = JSON.parse(
  await readFile(new URL('./generated/tool-examples.json', import.meta.url), 'utf8'),
)

const problems: string[] = []

/** An example as it is today: the sentence is the tool's own, made anew from what was recorded. */
function current(example: ToolExample): ToolExample {
  const tool = tools.find(({ name }) => name === example.tool)
  const input = tool?.input.safeParse(example.args)
  const output = tool?.output.safeParse(example.result)
  if (input?.success && example.error !== undefined) return example
  if (tool && input?.success && output?.success) return { ...example, summary: tool.summary(output.data, input.data) }
  const why = input?.error ?? output?.error
  problems.push(
    `an example of ${example.tool} no longer fits it: ${why ? describeIssues(why) : 'there is no such tool'}`,
  )
  return example
}

const examples = recorded.map(current)
for (const { name } of tools) {
  if (!examples.some(({ tool }) => tool === name)) problems.push(`${name} has no example`)
}
const descriptors = tools.map((tool) => describeTool(tool as never))
const rendered = renderToolsDoc(descriptors, examples)
const stale = (await readFile(page, 'utf8').catch(() => '')) !== rendered

if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error('Record the examples again: packages/agentd/scripts/record-tool-examples.ts')
  process.exitCode = 1
} else if (process.argv.includes('--check')) {
  if (stale) {
    console.error(
      'docs/tools.md is not what the tools say. Run packages/agentd/scripts/generate-tools-doc.ts and commit it.',
    )
    process.exitCode = 1
  }
} else if (stale) {
  await writeFile(page, rendered)
  console.log('docs/tools.md written')
}
