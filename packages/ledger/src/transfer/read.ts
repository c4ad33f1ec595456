import { LedgerError } from '../error.ts'
import type { StoredEntry } from '../journal/frame.ts'
import { bytesOf } from '../merkle/text-hasher.ts'
import { type Checkpoint, openCheckpoint } from '../note/checkpoint.ts'
import { parseVkey, type Verifier } from '../note/keys.ts'
import { ChainCheck } from '../verify/chain.ts'
import { Findings, type Verdict } from '../verify/findings.ts'
import { LogKeys } from '../verify/log-keys.ts'
import { checkListed } from '../verify/rotations.ts'
import { TreeCheck } from '../verify/tree.ts'
import { Watchlist } from '../verify/watch.ts'
import { ExportEnd, ExportHead, parseEntry, parseJson } from './format.ts'

export interface ExportOptions {
  /** Any key of the log, in vkey form: what the export is trusted by. Without it, only that it is coherent is checked. */
  readonly vkey?: string
  /** Called with each entry once it was checked against its predecessors. */
  readonly onEntry?: (entry: StoredEntry, hash: Buffer, index: number) => Promise<void> | void
}

export interface ReadExport {
  readonly verdict: Verdict
  readonly head: ExportHead
  readonly verifiers: readonly Verifier[]
  /** Intents open at the end. */
  readonly open: ReadonlySet<number>
}

/** Checks an export line by line, in constant memory: chain, tree, signed root. The verdict is that of `verifyLedger`. */
export async function readExport(lines: AsyncIterable<string>, options: ExportOptions = {}): Promise<ReadExport> {
  const started = performance.now()
  const source = lines[Symbol.asyncIterator]()
  const head = ExportHead.safeParse(parseJson((await source.next()).value ?? '', 0)).data
  if (head === undefined)
    throw new LedgerError('invalid_request', 'This is no ledger export: its first line is not the head of one.')
  const verifiers = head.vkeys.map(parseVkey)
  const findings = new Findings()
  const tree = new TreeCheck(new Watchlist(), () => undefined)
  const chain = new ChainCheck(findings, head.origin, 0)
  const notes: string[] = []
  const trusted = options.vkey === undefined ? undefined : parseVkey(options.vkey).vkey
  if (options.vkey === undefined)
    notes.push('No trusted key was given: the export was checked against the keys it names itself.')
  else if (trusted !== undefined && !head.vkeys.includes(trusted))
    findings.add({ kind: 'foreign_key', message: `The export is not of a log signed by ${options.vkey}.` })
  let end: ExportEnd | undefined
  let bytes = 0
  try {
    for (let step = await source.next(); !step.done; step = await source.next()) {
      bytes += step.value.length
      if (end !== undefined) {
        const message = 'Lines follow the closing line of the export.'
        findings.add({ kind: 'altered', subject: 'entry', index: tree.size, message })
        break
      }
      if (step.value.startsWith('{"end":')) {
        end = ExportEnd.safeParse(parseJson(step.value, tree.size)).data
        continue
      }
      const entry = parseEntry(step.value, tree.size)
      const hash = chain.take(tree.size, { ...entry, file: 'export' })
      await options.onEntry?.(entry, bytesOf(hash), tree.size)
      tree.add(hash)
    }
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'ledger_damaged') throw error
    findings.add({ kind: 'altered', subject: 'entry', index: tree.size, message: error.message })
  }
  chain.finish()
  const keys = new LogKeys(verifiers, null, findings)
  keys.follow(chain.rotations)
  checkListed(head.vkeys, keys, null, findings)
  if (trusted !== undefined && head.vkeys.includes(trusted) && !keys.has(trusted))
    findings.add({
      kind: 'foreign_key',
      message: `The export lists the key ${trusted}, but its log was never signed with it.`,
    })
  checkEnd(end, head, keys.at(tree.size), tree, findings)
  const verdict: Verdict = {
    ok: findings.list.length === 0,
    exitCode: findings.exitCode,
    origin: head.origin,
    entries: tree.size,
    root: tree.root().toString('hex'),
    checkpoints: 1,
    vkey: head.vkeys.at(-1) as string,
    from: 0,
    openIntents: chain.openIntents.size,
    erasedPayloads: chain.erasedPayloads,
    gaps: chain.gaps,
    findings: findings.inOrder,
    furtherFindings: findings.further,
    notes: [...notes, 'The high-water mark is not part of an export: that its tail is whole was not checked.'],
    bytes,
    durationMs: performance.now() - started,
  }
  return { verdict, head, verifiers, open: chain.openIntents }
}

/** `agentctl verify-ledger --export FILE`: the verdict over an export, e.g. on another machine. */
export async function verifyExport(lines: AsyncIterable<string>, options: { vkey?: string } = {}): Promise<Verdict> {
  return (await readExport(lines, options)).verdict
}

function checkEnd(
  end: ExportEnd | undefined,
  { origin }: ExportHead,
  verifiers: readonly Verifier[],
  tree: TreeCheck,
  findings: Findings,
): void {
  if (findings.has('altered')) return
  if (end === undefined) {
    findings.add({
      kind: 'truncated',
      index: tree.size,
      message: `The export ends after ${tree.size} entries without its closing line.`,
    })
    return
  }
  if (end.end === 0 && tree.size === 0) return
  let checkpoint: Checkpoint
  try {
    checkpoint = openCheckpoint(end.checkpoint, verifiers)
  } catch (error) {
    findings.add({
      kind: 'altered',
      subject: 'checkpoint',
      message: `The checkpoint of the export does not hold: ${error instanceof Error ? error.message : String(error)}`,
    })
    return
  }
  if (checkpoint.origin === origin && checkpoint.size === tree.size && checkpoint.root.equals(tree.root())) return
  findings.add({
    kind: 'altered',
    subject: 'entry',
    message: `The entries of the export are not those that its checkpoint of ${checkpoint.size} entries signs.`,
  })
}
