import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** A promise that nobody waits for compiles; a tool that does not wait for this one could act before its undo is safe. */
test('every tool waits until its inverse is on disk', () => {
  const careless = globSync('**/*.ts', { cwd: source }).flatMap((file) => {
    const lines = readFileSync(`${source}/${file}`, 'utf8').split('\n')
    const calls = lines.filter(
      (line) => /(?<![\w.] )\bkeepInverse\(/.test(line) && !/^\s*keepInverse\(inverse: Inverse\)/.test(line),
    )
    const waits = (line: string) => /(await|return) (\w+\.)*keepInverse\(|^ {8}context\.keepInverse\(/.test(line)
    return calls.filter((line) => !waits(line)).map((line) => `${file}: ${line.trim()}`)
  })
  expect(careless).toEqual([])
})
