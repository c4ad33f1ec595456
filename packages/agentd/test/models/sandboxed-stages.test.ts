import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { StageJob } from '@castellan/quarantine'
import { requires, temporaryFolder, until } from '@castellan/testing'
import { expect, it } from 'vitest'
import { SandboxedStages } from '../../src/models/sandboxed-stages.ts'
import { Sandbox } from '../../src/sandbox/index.ts'

const slow = { timeout: 300_000 }
const bytes = Buffer.from('candidate')

function stage(script: string, options: { seconds?: number; signal?: AbortSignal } = {}) {
  const folder = temporaryFolder()
  const [workspace, candidate] = [join(folder, 'workspace'), join(folder, 'candidate')]
  for (const path of [workspace, candidate]) mkdirSync(path, { mode: 0o755 })
  chmodSync(folder, 0o700)
  writeFileSync(join(candidate, 'model.gguf'), bytes, { mode: 0o444 })
  const runner = new SandboxedStages(new Sandbox(workspace), ['/bin/sh', '-c', script])
  const job: StageJob = {
    stage: 'format',
    folder: runner.candidateFolder(),
    files: [{ name: 'model.gguf', bytes: bytes.length, sha256: '0'.repeat(64) }],
  }
  const told: string[] = []
  const verdict = runner.run(job, {
    folder: candidate,
    seconds: options.seconds ?? 30,
    memoryBytes: 512 * 1024 * 1024,
    progress: ({ message }) => told.push(message),
    signal: options.signal ?? new AbortController().signal,
  })
  return { verdict, candidate, told }
}

const passed = (summary: string) =>
  JSON.stringify({ verdict: { stage: 'format', result: 'passed', summary, findings: [], evidence: {} } })

/** Processes of this host whose command line has a mark; those in sandboxes are among them. */
function running(mark: string): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)
      } catch {
        return false
      }
    }).length
}

requires.command('bwrap', 'bubblewrap').describe('a stage in its sandbox', () => {
  it('sees the candidate, says how far it is, and gives a verdict', slow, async () => {
    const script = `cat > /dev/null; echo '{"progress":{"message":"half","done":1,"total":2}}'; echo '${passed('ok')}'; cat /candidate/model.gguf >&2`
    const { verdict, told } = stage(script)
    expect(await verdict).toMatchObject({ result: 'passed', summary: 'ok' })
    expect(told).toEqual(['half'])
  })

  it('cannot change the candidate, nor see anything else of the host', slow, async () => {
    const { verdict, candidate } = stage(`cat > /dev/null
      (echo evil > /candidate/model.gguf) 2>/dev/null && exit 7
      (chmod u+w /candidate/model.gguf) 2>/dev/null && exit 8
      (echo evil > /candidate/more) 2>/dev/null && exit 9
      test -e ${candidateMark} && exit 10
      test -e /etc/shadow && exit 11
      test -e /root/.ssh && exit 12
      echo '${passed('held')}'`)
    expect(await verdict).toMatchObject({ result: 'passed', summary: 'held' })
    expect(readFileSync(join(candidate, 'model.gguf')).equals(bytes)).toBe(true)
  })

  it('has no network', slow, async () => {
    let knocked = 0
    const server = createServer(() => {
      knocked += 1
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const script = `cat > /dev/null; (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && exit 7; echo '${passed('alone')}'`
    const { verdict } = stage(`exec bash -c '${script.replaceAll("'", `'"'"'`)}'`)
    expect(await verdict).toMatchObject({ result: 'passed', summary: 'alone' })
    await new Promise((resolve) => server.close(resolve))
    expect(knocked).toBe(0)
  })

  it('leaves no process behind that moved to a session of its own', slow, async () => {
    const mark = `escaped-${randomBytes(8).toString('hex')}`
    const loop = `setsid sh -c "while :; do sleep 1; done; : ${mark}" > /dev/null 2>&1 < /dev/null &`
    const { verdict } = stage(`cat > /dev/null; ${loop} sleep 0.2; echo '${passed('ended')}'`)
    expect(await verdict).toMatchObject({ result: 'passed' })
    await until('what it left behind is gone', () => running(mark) === 0)
  })

  it('is killed with all that it started, at its deadline and when the caller goes away', slow, async () => {
    const mark = `late-${randomBytes(8).toString('hex')}`
    const loop = `setsid sh -c "while :; do sleep 1; done; : ${mark}" > /dev/null 2>&1 < /dev/null & while :; do sleep 1; done`
    const late = await stage(`cat > /dev/null; ${loop}`, { seconds: 1 }).verdict
    expect(late).toMatchObject({ result: 'refused', summary: expect.stringContaining('within 1 seconds') })
    await until('what it started is gone', () => running(mark) === 0)
    const leaving = new AbortController()
    const left = stage(`cat > /dev/null; ${loop}`, { signal: leaving.signal }).verdict
    await until('it has started', () => running(mark) > 0)
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    await until('what it started is gone', () => running(mark) === 0)
  })

  it.each([
    ['says nothing', 'cat > /dev/null'],
    ['ends in failure', `cat > /dev/null; echo '${passed('x')}'; exit 3`],
    ['is killed', 'cat > /dev/null; kill -9 $$'],
    ['says something that is no verdict', 'cat > /dev/null; echo hello'],
    ['says something else than its verdict', `cat > /dev/null; echo '${passed('x').replace('"format"', '"scan"')}'`],
    [
      'adds to its verdict',
      `cat > /dev/null; echo '${passed('x').replace('"evidence"', '"trusted":true,"evidence"')}'`,
    ],
    ['says a line without end', 'cat > /dev/null; head -c 1000000 /dev/zero | tr "\\0" x'],
    ['talks without end', `cat > /dev/null; while :; do echo '{"progress":{"message":"x","done":1,"total":2}}'; done`],
    [
      'takes all the memory',
      `cat > /dev/null; head -c 2000000000 /dev/zero | tail -c 2000000000 > /dev/null || exit 5; exit 6`,
    ],
  ])('refuses the candidate where it %s', slow, async (_what, script) => {
    expect(await stage(script).verdict).toMatchObject({ result: 'refused', findings: [{ code: 'stage_failed' }] })
  })
})

/** Where this very test lies: no stage has any use for it. */
const candidateMark = join(import.meta.dirname, '..', '..', '..', '..', 'package.json')
