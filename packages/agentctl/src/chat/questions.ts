import { createInterface } from 'node:readline/promises'

/** What a person types, a line a question, until the input ends or Ctrl-C at an empty prompt. Piped lines work as well. */
export async function* questions(prompt: NodeJS.WriteStream): AsyncGenerator<string> {
  if (process.stdin.isTTY !== true) {
    for await (const line of createInterface({ input: process.stdin })) yield line.trim()
    return
  }
  // A reader per question: between questions the terminal belongs to the approval keys.
  const history: string[] = []
  for (;;) {
    const line = await ask(prompt, history)
    if (line === undefined) return
    if (line !== '') history.unshift(line)
    yield line
  }
}

async function ask(prompt: NodeJS.WriteStream, history: string[]): Promise<string | undefined> {
  const reader = createInterface({ input: process.stdin, output: prompt, history: [...history] })
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      reader.once('close', () => resolve(undefined))
      reader.once('SIGINT', () => resolve(undefined))
      reader.question('› ').then((line) => resolve(line.trim()), reject)
    })
  } finally {
    reader.close()
  }
}
