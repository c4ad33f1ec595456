import { CastellanError } from '@castellan/contracts'
import type {
  InputRequiredResult,
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
} from '@modelcontextprotocol/server'
import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server'
import type { Calls } from '../calls/calls.ts'
import type { KeptResults } from '../calls/kept.ts'
import { metaKeys } from '../calls/meta.ts'
import { waitingText } from '../calls/result.ts'
import type { Provider, Request } from '../provider.ts'
import type { Catalogue } from './catalogue.ts'

const JSON_TYPE = 'application/json'
const JOURNAL_KEYS = ['unit', 'priority', 'since', 'until', 'grep', 'limit', 'cursor', 'boot'] as const

/** A call that gives a resource's content, and what to take from its result. */
interface Reading {
  readonly tool: string
  readonly args: Record<string, unknown>
  readonly pick?: (result: Record<string, unknown>) => unknown
}

/** Entries of the ledger, generations and journal queries. Reading one is a call of the tool behind it, decided and recorded. */
export function resourceProvider(catalogue: Catalogue, calls: Calls, kept: KeptResults): Provider {
  const only = async <Item extends { readonly tool: string }>(items: readonly Item[]): Promise<Item[]> => {
    const known = await Promise.all(items.map(({ tool }) => catalogue.find(tool)))
    return items.filter((_, index) => known[index] !== undefined)
  }
  return {
    resources: async () => (await only(RESOURCES)).map(({ tool: _, ...resource }) => resource),
    resourceTemplates: async () => (await only(TEMPLATES)).map(({ tool: _, ...template }) => template),
    async readResource(uri, request) {
      if (!uri.startsWith('castellan://')) return undefined
      const large = kept.get(uri, request.client.owner)
      if (large !== undefined) return { contents: [{ uri, mimeType: JSON_TYPE, text: large }] }
      const reading = readingOf(uri)
      if (reading === undefined || (await catalogue.find(reading.tool)) === undefined) return undefined
      return read(uri, reading, calls, request)
    },
  }
}

const RESOURCES: readonly (Resource & { readonly tool: string })[] = [
  {
    tool: 'ledger_query',
    uri: 'castellan://ledger',
    name: 'ledger',
    title: 'Newest ledger entries',
    description: 'The 50 newest entries of the ledger: what was done on this machine, by whom, and how it ended.',
    mimeType: JSON_TYPE,
  },
  {
    tool: 'generation_list',
    uri: 'castellan://generations',
    name: 'generations',
    title: 'NixOS generations',
    description: 'The NixOS generations of this host, newest first.',
    mimeType: JSON_TYPE,
  },
  {
    tool: 'journal_query',
    uri: 'castellan://journal?priority=err',
    name: 'journal-errors',
    title: 'Errors in the journal',
    description: 'The newest errors in the systemd journal.',
    mimeType: JSON_TYPE,
  },
]

const TEMPLATES: readonly (ResourceTemplateType & { readonly tool: string })[] = [
  {
    tool: 'ledger_query',
    uriTemplate: 'castellan://ledger/{index}',
    name: 'ledger-entry',
    title: 'One ledger entry',
    description: 'The entry with this number.',
    mimeType: JSON_TYPE,
  },
  {
    tool: 'generation_list',
    uriTemplate: 'castellan://generations/{number}',
    name: 'generation',
    title: 'One NixOS generation',
    description: 'The generation with this number.',
    mimeType: JSON_TYPE,
  },
  {
    tool: 'journal_query',
    uriTemplate: `castellan://journal{?${JOURNAL_KEYS.join(',')}}`,
    name: 'journal',
    title: 'Journal query',
    description: 'Entries of the systemd journal; the parameters are the arguments of journal_query.',
    mimeType: JSON_TYPE,
  },
]

function readingOf(uri: string): Reading | undefined {
  const url = URL.parse(uri)
  if (url === null || url.hash !== '' || (url.host !== 'journal' && url.search !== '')) return undefined
  const number = /^\/(0|[1-9]\d{0,14})$/.exec(url.pathname)?.[1]
  const whole = url.pathname === '' || url.pathname === '/'
  switch (url.host) {
    case 'ledger':
      if (whole) return { tool: 'ledger_query', args: { limit: 50 } }
      return number === undefined ? undefined : oneEntry(Number(number))
    case 'generations':
      if (whole) return { tool: 'generation_list', args: {} }
      return number === undefined ? undefined : oneGeneration(Number(number))
    case 'journal':
      return whole ? { tool: 'journal_query', args: journalArgs(url.searchParams) } : undefined
    default:
      return undefined
  }
}

function oneEntry(index: number): Reading {
  return {
    tool: 'ledger_query',
    args: { before: index + 1, limit: 1 },
    pick: ({ entries }) => (entries as { index: number }[]).find((entry) => entry.index === index),
  }
}

function oneGeneration(wanted: number): Reading {
  return {
    tool: 'generation_list',
    args: { limit: 200 },
    pick: ({ generations }) => (generations as { number: number }[]).find(({ number }) => number === wanted),
  }
}

/** As text, but for what the tool wants as numbers; the tool itself judges them. */
function journalArgs(parameters: URLSearchParams): Record<string, unknown> {
  const numeric = (key: string, value: string): unknown =>
    (key === 'limit' || key === 'boot') && /^-?\d{1,9}$/.test(value) ? Number(value) : value
  return Object.fromEntries([...parameters].map(([key, value]) => [key, numeric(key, value)]))
}

async function read(
  uri: string,
  { tool, args, pick }: Reading,
  calls: Calls,
  request: Request,
): Promise<ReadResourceResult | InputRequiredResult> {
  const made = await calls.make(tool, args, request).catch((error: unknown) => {
    if (!(error instanceof CastellanError)) throw error
    const code = error.code === 'invalid_arguments' ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError
    throw new ProtocolError(code, error.message, error.toEnvelope())
  })
  if (made.kind === 'waiting') {
    if (request.era === 'modern') return { resultType: 'input_required', requestState: made.state }
    throw new ProtocolError(ProtocolErrorCode.InternalError, waitingText(made.call))
  }
  const { ok, result, summary, ledger_index, error } = made.outcome
  if (!ok) throw new ProtocolError(ProtocolErrorCode.InternalError, summary, error)
  const value = pick === undefined ? result : pick(result as Record<string, unknown>)
  if (value === undefined) throw new ResourceNotFoundError(uri)
  return {
    contents: [{ uri, mimeType: JSON_TYPE, text: JSON.stringify(value) }],
    _meta: { [metaKeys.ledger]: ledger_index, [metaKeys.call]: made.outcome.call_id },
  }
}
