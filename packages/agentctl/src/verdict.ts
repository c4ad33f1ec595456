import type { Finding, Verdict } from '@castellan/ledger'
import { bytes } from './describe.ts'
import { printable, type Terminal } from './terminal.ts'

/** Prints what a verification found: one line when all is well, otherwise each finding, the first one first. */
export function printVerdict(terminal: Terminal, verdict: Verdict): void {
  const seconds = (verdict.durationMs / 1000).toFixed(verdict.durationMs < 10_000 ? 2 : 0)
  const figures = `${count(verdict.entries, 'entry', 'entries')}, ${bytes(verdict.bytes)}, ${seconds} s`
  if (verdict.ok) terminal.line(terminal.paint('green', `✓ The ledger is whole: ${figures}.`))
  else terminal.line(terminal.paint('red', `✗ The ledger is NOT as it was written (${figures}).`))
  for (const finding of verdict.findings) terminal.line(terminal.paint('red', `  ${findingLine(finding)}`))
  if (verdict.furtherFindings > 0) terminal.line(`  … and ${verdict.furtherFindings} more`)
  terminal.line(`  tree head    ${verdict.root} (${verdict.entries})`)
  terminal.line(
    `  checkpoints  ${count(verdict.checkpoints, 'signature', 'signatures')} ${verdict.ok ? 'valid' : 'checked'}`,
  )
  terminal.line(`  signed by    ${printable(verdict.vkey)}`)
  if (verdict.from > 0) terminal.line(`  checked from № ${verdict.from}; earlier entries were checked before`)
  if (verdict.openIntents > 0)
    terminal.line(`  under way    ${count(verdict.openIntents, 'call', 'calls')} without outcome yet`)
  if (verdict.erasedPayloads > 0)
    terminal.line(`  erased       ${count(verdict.erasedPayloads, 'payload', 'payloads')}, as the ledger records`)
  if (verdict.gaps > 0)
    terminal.line(
      `  gaps         ${count(verdict.gaps, 'entry', 'entries')} lost before a repair, as the ledger records`,
    )
  for (const note of verdict.notes) terminal.line(terminal.paint('dim', `  note: ${printable(note)}`))
}

function findingLine({ kind, index, file, message }: Finding): string {
  const where = [index === undefined ? '' : `entry № ${index}`, file ?? ''].filter(Boolean).join(', ')
  return `${kind}${where === '' ? '' : ` at ${where}`}: ${printable(message)}`
}

function count(value: number, one: string, many: string): string {
  return `${value.toLocaleString('en')} ${value === 1 ? one : many}`
}
