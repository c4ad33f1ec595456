import { expect, test } from 'vitest'
import { readArguments } from '../../src/terminal/arguments.ts'

test('every argument is read', () => {
  expect(readArguments(['--state', '/s', '--port=0', '--model', 'm.gguf', '--json'])).toEqual({
    state: '/s',
    port: 0,
    model: 'm.gguf',
    json: true,
    help: false,
  })
})

test.each([
  [['--prot', '1'], 'The argument --prot is not known. Did you mean --port?'],
  [['--verbose'], 'The argument --verbose is not known. Known are --state, --port, --model, --json, --help.'],
  [['jsn'], 'The argument jsn is not known. Did you mean --json?'],
  [['--port'], '--port needs a value after it.'],
  [['--state', '--json'], '--state needs a value after it.'],
  [['--json=yes'], '--json takes no value.'],
  [['--port', '70000'], '--port takes a number from 0 to 65535 (0 for any free port), not 70000.'],
  [['--port', '1e3'], 'not 1e3.'],
])('%j is refused: %s', (argv, sentence) => {
  expect(() => readArguments(argv)).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(sentence) }),
  )
})
