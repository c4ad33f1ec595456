import { CastellanError } from '@castellan/contracts'
import { exitCodes } from '@castellan/daemon'
import { readOptions } from './options.ts'
import { Supervisor } from './supervisor.ts'
import { readArguments } from './terminal/arguments.ts'
import { helpText } from './terminal/help.ts'
import { personalVoice, programVoice, type Voice } from './terminal/voice.ts'

/**
 * One press of Ctrl-C can arrive several times: from the terminal, and again from npm and the starter, which pass it on. What
 * comes within this time of the first is the same press, in milliseconds.
 */
const SAME_PRESS_MS = 500

try {
  await main()
} catch (error) {
  const known = error instanceof CastellanError
  process.stderr.write(`${known ? `${error.message} (${error.code})` : (error as Error).stack}\n`)
  process.exit(known && error.code === 'config_invalid' ? exitCodes.configInvalid : exitCodes.crashed)
}

async function main(): Promise<void> {
  const given = readArguments(process.argv.slice(2))
  if (given.help) {
    process.stdout.write(helpText)
    return
  }
  const options = readOptions(given, process.env)
  const voice = options.json ? programVoice : personalVoice
  const supervisor = await Supervisor.start(options, voice, process.env)
  listenToSignals(supervisor, voice)
  try {
    await supervisor.announce()
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}

function listenToSignals(supervisor: Supervisor, voice: Voice): void {
  let firstAt: number | undefined
  const onSignal = (): void => {
    if (firstAt === undefined) {
      firstAt = performance.now()
      voice.say('Stopping. Press Ctrl-C again to end everything at once.')
      void supervisor.stop().then((code) => {
        voice.say('Stopped.')
        process.exit(code)
      })
    } else if (performance.now() - firstAt > SAME_PRESS_MS) {
      supervisor.kill()
      voice.say('Killed.')
      process.exit(exitCodes.drainTimedOut)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
}
