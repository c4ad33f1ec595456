import type { RecordCall } from './record.ts'

export async function commandExamples(record: RecordCall): Promise<void> {
  await record('command_run', { argv: ['sort', '-r'], stdin: 'one\ntwo\nthree\n' })
  await record('shell_exec', { script: 'grep -c milk notes/*.txt && date -d "2026-01-01" +%A > day.txt' })
  await record('sandbox_exec', {
    argv: ['perl', 'sum.pl'],
    files: [{ name: 'sum.pl', content: 'print 6 * 7, "\\n";' }],
  })
  await record('capability_mint', {
    tools: ['file_read'],
    readable: ['/srv/notes'],
    budgets: { tool_calls: 20 },
    minutes: 30,
  })
}
