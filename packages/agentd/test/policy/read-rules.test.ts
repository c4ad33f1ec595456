import { expect, test } from 'vitest'
import { PolicyInvalid, readRules } from '../../src/policy/read-rules.ts'
import { tools } from '../../src/tools/index.ts'

function problems(text: string) {
  try {
    readRules([{ name: 'mine.cedar', text }], tools)
    return []
  } catch (error) {
    if (error instanceof PolicyInvalid) return error.problems
    throw error
  }
}

test.each([
  ['a mistake in the syntax', '\n\n@id("a") permit (principal, action resource);', 3, /unexpected token/],
  ['a rule without a name', '\npermit (principal, action, resource);', 2, /put @id/],
  ['a name that is none', '@id("A b") permit (principal, action, resource);', 1, /lower-case/],
  [
    'a name that is taken',
    '@id("a") permit (principal, action, resource);\n@id("a") forbid (principal, action, resource);',
    2,
    /another rule/,
  ],
  [
    'an annotation that means nothing',
    '@id("a") @decision("ask") permit (principal, action, resource);',
    1,
    /no @decision/,
  ],
  [
    'a tool that is not there',
    '@id("a") permit (principal, action == Action::"file_writ", resource);',
    1,
    /file_write/,
  ],
  [
    'an unknown attribute',
    '@id("a") permit (principal, action, resource) when { context.approvalz > 1 };',
    1,
    /approvalz/,
  ],
  ['an unknown type', '@id("a") permit (principal is Agnt, action, resource);', 1, /Agent/],
  ['a wrong type', '@id("a") permit (principal, action, resource) when { context.mode == 3 };', 1, /./],
  [
    'an argument that may be absent',
    '@id("a") permit (principal, action == Action::"command_run", resource) when { context.args.stdin == "" };',
    1,
    /stdin/,
  ],
  ['a template', '@id("a") permit (principal == ?principal, action, resource);', undefined, /template/],
  [
    'what can never hold',
    '@id("a") permit (principal, action, resource) when { principal is Agent && principal is Operator };',
    1,
    /./,
  ],
])('%s is told with its line', (_, text, line, message) => {
  const [first] = problems(text)
  expect(first).toMatchObject({ file: 'mine.cedar', line, message: expect.stringMatching(message) })
})

test('all that is wrong is told at once', () => {
  expect(
    problems('permit (principal, action, resource);\n@id("B") permit (principal, action, resource);'),
  ).toHaveLength(2)
})

test('rules keep the order of the file and know their lines', () => {
  const text = Array.from({ length: 12 }, (_, n) => `@id("r${n}")\npermit (principal, action, resource);\n`).join('')
  const rules = readRules([{ name: 'mine.cedar', text }], tools)
  expect(rules.map(({ id, line }) => `${id}:${line}`)).toEqual(
    Array.from({ length: 12 }, (_, n) => `r${n}:${2 * n + 1}`),
  )
})

test('a rule may name a tool of an MCP server that is not connected', () => {
  expect(problems('@id("a") permit (principal, action == Action::"github__list_issues", resource);')).toEqual([])
  expect(problems('@id("a") permit (principal, action in Action::"mcp", resource is McpServer);')).toEqual([])
})

test('five hundred rules load in a few seconds', () => {
  const text = Array.from(
    { length: 500 },
    (_, n) =>
      `@id("r${n}") permit (principal == Agent::"a${n}", action == Action::"file_write", resource in Path::"/srv/${n}");`,
  ).join('\n')
  expect(readRules([{ name: 'mine.cedar', text }], tools)).toHaveLength(500)
})
