/** Runs inside a throwaway host: makes the calls given as JSON in argv, prints what came back as JSON. */
import { openMachine } from './machine.ts'

interface Call {
  readonly name: string
  readonly args?: Record<string, unknown>
}

const calls = JSON.parse(process.argv[2] ?? '[]') as Call[]
await using machine = await openMachine()
const answers: unknown[] = []
for (const { name, args } of calls) {
  const answer = await machine
    .call(name, args)
    .catch(({ code, message }: { code?: string; message: string }) => ({ error: { code, message } }))
  answers.push(answer)
}
console.log(JSON.stringify(answers))
