import { expect, test } from 'vitest'
import { headerProblem } from '../../src/http/standard-headers.ts'

const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' }
const call = { method: 'tools/call', params: { name: 'file_stat' } }

test('headers that repeat the body are taken, plain or as Base64', () => {
  expect(headerProblem({ ...headers, 'mcp-name': 'file_stat' }, call)).toBeUndefined()
  expect(headerProblem({ ...headers, 'mcp-name': ' file_stat ' }, call)).toBeUndefined()
  const encoded = `=?base64?${Buffer.from('file_stat').toString('base64')}?=`
  expect(headerProblem({ ...headers, 'mcp-name': encoded }, call)).toBeUndefined()
  expect(headerProblem(headers, { method: 'tools/list' })).toBeUndefined()
})

test.each([
  ['the version is missing', { 'mcp-method': 'tools/call', 'mcp-name': 'file_stat' }],
  ['the method is missing', { 'mcp-protocol-version': '2026-07-28', 'mcp-name': 'file_stat' }],
  ['the name is missing', headers],
  ['the name is another', { ...headers, 'mcp-name': 'file_write' }],
  ['the name differs in case', { ...headers, 'mcp-name': 'File_stat' }],
  ['the name is no Base64', { ...headers, 'mcp-name': '=?base64?***?=' }],
])('%s', (_what, given) => {
  expect(headerProblem(given, call)).toEqual(expect.any(String))
})
