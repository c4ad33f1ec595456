import { readFile } from 'node:fs/promises'
import { CastellanError, EngineDoctor } from '@castellan/contracts'
import { listModels, type ModelPage, useModel } from '@castellan/contracts/api'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import { bytes } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { askGateway } from '../gateway.ts'
import { fetchModel, importModel, tellDownload, type Wanted, wantedAt, wantedFrom } from '../models/add.ts'
import { bytesOf, type CatalogueEntry, catalogue } from '../models/catalogue.ts'
import { type Fit, fit, type Settings, smallestHost } from '../models/fit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'
import { conclude, operate } from './switch/operate.ts'

const teach = `
A model is downloaded by way of the airlock, which is opened for its hosts while that lasts; compared with its digest; and let in
by model_import, which examines it. Nothing answers with it before \`agentctl model use\`.

Examples:
  agentctl model catalogue             what is known to work, and what fits this host
  agentctl model add qwen3-4b --use    download it, let it in, and answer with it
  agentctl model add https://huggingface.co/…/resolve/main/x.gguf --sha256 …
  agentctl model list                  what is here, and which one answers
  agentctl model use configured        back to the model of the engine's configuration`

interface AddOptions {
  readonly sha256?: string
  readonly host?: readonly string[]
  readonly ca?: string
  readonly private: boolean
  readonly loopback: boolean
  readonly use: boolean
  readonly force: boolean
}

/** `agentctl model`: larger models than the one that comes with Castellan. */
export function addModel({ program, act }: Cli): void {
  const model = program
    .command('model')
    .description('models: what is here, what there is, download, choose, remove')
    .addHelpText('after', teach)

  model
    .command('list', { isDefault: true })
    .description('list the models that are here, and which one answers')
    .action(act(list))
  model
    .command('catalogue')
    .alias('catalog')
    .description('list models that are known to work, and how they would fit this host')
    .action(act(showCatalogue))
  model
    .command('add')
    .argument('<model>', 'its name in the catalogue, or the https address of a GGUF file')
    .option('--sha256 <digest>', 'what the digest of the file has to be')
    .option('--host <hosts...>', 'further hosts that the address may lead to')
    .option('--ca <file>', 'certificates in PEM form, the only ones that vouch for the hosts')
    .option('--private', 'from a host of your own network', false)
    .option('--loopback', 'from a service of this machine', false)
    .option('--use', 'answer with it once it is let in', false)
    .option('--force', 'also where it does not fit into the memory', false)
    .description('download a model and let it in; goes on where it was broken off')
    .action(act(add))
  model
    .command('use')
    .argument('<id>', 'as the list has it, or `configured` for the model of the engine’s configuration')
    .description('answer with this model from now on, without a restart')
    .action(act((context, id: string) => use(context, id)))
  model
    .command('remove')
    .argument('<id>', 'as the list has it')
    .description('take a model out of use')
    .action(act(remove))
}

type Models = z.output<typeof ModelPage>

async function list(context: Context): Promise<number> {
  const { terminal } = context
  const models = await askGateway(context, listModels, { query: { limit: '200' } })
  terminal.result(models, () => printModels(context, models))
  return exitCodes.ok
}

function printModels({ terminal }: Context, { loaded, chosen, items }: Models): void {
  if (loaded === null) terminal.line('No model answers now; `agentctl engine doctor` says why.')
  else {
    const memory = loaded.memory_bytes === null ? '' : `, needs ${bytes(loaded.memory_bytes)} of memory`
    const why = chosen?.sha256 === loaded.sha256 ? 'chosen' : 'configured'
    terminal.line(`${terminal.paint('green', '●')} ${printable(loaded.name)} answers (${why}${memory})`)
  }
  if (chosen?.problem !== undefined) {
    const problem = `${printable(chosen.name)} (${chosen.id}) was chosen and cannot be used: ${printable(chosen.problem.message)}`
    terminal.line(terminal.paint('yellow', problem))
  }
  if (items.length === 0) terminal.line('No further model is here. `agentctl model catalogue` lists what there is.')
  else printImported(terminal, items)
}

function printImported(terminal: Context['terminal'], items: Models['items']): void {
  terminal.table(
    ['', 'ID', 'NAME', 'SIZE', 'KIND', 'CONTEXT', 'DIGEST', 'FROM'],
    items.map(({ id, name, sizeBytes, architecture, contextTokens, sha256, pinned, active, ...from }) => [
      active ? '●' : ' ',
      id,
      printable(name),
      bytes(sizeBytes),
      printable(architecture),
      `${contextTokens}`,
      `${sha256.slice(0, 12)}${pinned ? '' : ' (not pinned)'}`,
      printable(from.declaredSource ?? from.source),
    ]),
  )
}

interface Offer extends CatalogueEntry, Fit {
  readonly smallest_host: number
}

async function showCatalogue(context: Context): Promise<number> {
  const { terminal } = context
  const host = await hostOf(context)
  const offers = catalogue.map(
    (entry): Offer => ({
      ...entry,
      ...fit(entry, host.available, host.settings),
      smallest_host: smallestHost(entry, host.settings),
    }),
  )
  terminal.result({ available_bytes: host.available, models: offers }, () => {
    terminal.line(`A model may take about ${bytes(host.available)} of memory here${host.gpu}.`)
    for (const offer of offers) printOffer(context, offer)
  })
  return exitCodes.ok
}

const COLOURS = { fits: 'green', tight: 'yellow', 'too large': 'red' } as const

function printOffer({ terminal }: Context, offer: Offer): void {
  const { name, title, billions, licence, terms, needs, verdict, goodFor, sha256 } = offer
  const size = 'exact' in offer.bytes ? bytes(bytesOf(offer)) : `about ${bytes(bytesOf(offer))}`
  terminal.line('')
  terminal.line(`${terminal.paint('bold', name)}  ${title}  ${terminal.paint(COLOURS[verdict], verdict)}`)
  terminal.line(
    `  ${billions} billion parameters, ${size} to download, about ${bytes(needs)} of memory: a host with ${bytes(offer.smallest_host)}. ${licence}.`,
  )
  if (terms !== undefined) terminal.line(`  ${terminal.paint('yellow', terms)}`)
  terminal.line(`  ${goodFor}`)
  const digest =
    sha256 === undefined ? 'the digest shown by the publisher is compared at download' : `SHA-256 ${sha256}`
  terminal.line(terminal.paint('dim', `  ${offer.repository}: ${digest}`))
}

/** What a model may take: by the engine's own reckoning with the memory that the present one gives back, else by this machine's. */
async function hostOf(context: Context): Promise<{ available: number; settings: Settings | undefined; gpu: string }> {
  try {
    const engine = await context.engine()
    const { memory, slots } = await engine.request('GET', '/v1/doctor', { schema: EngineDoctor })
    const onGpu = memory.gpu?.total ?? 0
    const available = Math.max(memory.available + (memory.resident ?? 0), onGpu)
    const settings = { slots: Math.max(1, slots.total), contextTokens: slots.contextTokens || 8192 }
    // The built-in model has a context of its own, which says nothing about others'.
    const told = settings.contextTokens < 2048 ? undefined : settings
    return { available, settings: told, gpu: onGpu > 0 ? `, on the GPU ${bytes(onGpu)}` : '' }
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error
    return { available: process.availableMemory(), settings: undefined, gpu: ' (the engine does not answer)' }
  }
}

async function add(context: Context, name: string, options: AddOptions): Promise<number> {
  const { terminal } = context
  const wanted = await wantedOf(context, name, options)
  const { path, downloaded } = await fetchModel(context, wanted)
  tellDownload(context, downloaded)
  const outcome = await importModel(context, path, downloaded, wanted)
  const code = conclude(context, outcome)
  if (!outcome.ok) return code
  const id = downloaded.sha256.slice(0, 16)
  if (options.use) return use(context, id)
  terminal.note(`Answer with it: agentctl model use ${id}`)
  return code
}

async function wantedOf(context: Context, name: string, options: AddOptions): Promise<Wanted> {
  if (options.private && options.loopback) throw new UsageError('A host is --private or --loopback, not both.')
  if (options.sha256 !== undefined && !/^[0-9a-f]{64}$/.test(options.sha256)) {
    throw new UsageError('--sha256 takes 64 hexadecimal digits in lower case.')
  }
  const entry = catalogue.find((candidate) => candidate.name === name)
  if (entry !== undefined) {
    const { available, settings } = await hostOf(context)
    const { verdict, needs } = fit(entry, available, settings)
    if (verdict === 'too large' && !options.force) {
      throw new CastellanError(
        'model_too_large',
        `${entry.title} needs about ${bytes(needs)} of memory and a model may take ${bytes(available)} here. ` +
          '`agentctl model catalogue` shows what fits; --force downloads it all the same.',
      )
    }
    if (entry.terms !== undefined) context.terminal.note(`${entry.licence}: ${entry.terms}`)
    return { ...wantedFrom(entry), ...(options.sha256 === undefined ? {} : { sha256: options.sha256 }) }
  }
  if (!name.includes('://')) {
    const names = catalogue.map((candidate) => candidate.name).join(', ')
    throw new UsageError(`The catalogue has no ${printable(name)}; it has ${names}. An https address does as well.`)
  }
  return wantedAt(name, {
    sha256: options.sha256,
    hosts: options.host ?? [],
    ca: options.ca === undefined ? undefined : await certificatesIn(options.ca),
    reach: options.private ? 'private' : options.loopback ? 'loopback' : undefined,
  })
}

async function certificatesIn(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`)
  })
}

async function use(context: Context, id: string): Promise<number> {
  const { terminal } = context
  if (id !== 'configured' && !/^[0-9a-f]{16}$/.test(id)) {
    throw new UsageError(
      `${printable(id)} is no model's id; \`agentctl model list\` shows them, and \`configured\` is one.`,
    )
  }
  const used = await askGateway(context, useModel, { body: { id } })
  terminal.result(used, () => {
    const { loaded, how } = used
    const memory = loaded.memory_bytes === null ? '' : `; it needs ${bytes(loaded.memory_bytes)} of memory`
    const gap = how === 'beside' ? 'without a gap' : 'once the old one had left the memory'
    terminal.line(`${terminal.paint('green', '✓')} ${printable(loaded.name)} answers now, ${gap}${memory}.`)
  })
  return exitCodes.ok
}

async function remove(context: Context, id: string): Promise<number> {
  const { chosen } = await askGateway(context, listModels, { query: { limit: '1' } })
  if (chosen?.id === id) {
    throw new CastellanError(
      'conflict',
      'This model answers now. Choose another one first: agentctl model use configured',
    )
  }
  return conclude(context, await operate(context, 'model_remove', { id }))
}
