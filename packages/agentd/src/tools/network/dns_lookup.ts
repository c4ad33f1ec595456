import { isIP } from 'node:net'
import { z } from 'zod'
import { recordTypes } from '../../host/probes/resolve.ts'
import { defineTool } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { list, oneLine } from '../words.ts'
import { hostField, hostResource, probeLimits } from './fields.ts'

/** Records of one type in an answer, and characters of one record. */
const MOST_RECORDS = 50
const MOST_CHARACTERS = 1000

export const dnsLookup = defineTool({
  name: 'dns_lookup',
  title: 'DNS lookup',
  description:
    'What the name servers of this host say about a name (A and AAAA unless told), and which addresses programs here get for it. ' +
    'For an IP address: its name.',
  input: z.strictObject({
    name: hostField('The name to look up, e.g. "example.org", or an IP address to find the name of.'),
    types: z
      .array(z.enum(recordTypes))
      .min(1)
      .max(recordTypes.length)
      .optional()
      .describe('Record types to ask for. Default A and AAAA; PTR for an address.'),
  }),
  output: z.strictObject({
    name: z.string(),
    servers: z.array(z.string()).describe('The name servers that were asked.'),
    answers: z.array(
      z.strictObject({
        type: z.enum(recordTypes),
        status: z.enum(['ok', 'no_such_name', 'no_records', 'refused', 'failed', 'timeout']),
        records: z.array(z.string()).describe('As zone files write them, e.g. "10 mail.example.org" for MX.'),
      }),
    ),
    systemAddresses: z
      .array(z.string())
      .describe('What programs on this host get, /etc/hosts included; none if nothing.'),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: probeLimits,
  summary: ({ name, answers, servers, systemAddresses }) => {
    const found = answers.filter(({ status }) => status === 'ok')
    const records = found.map(
      ({ type, records }) =>
        `${type} ${list(
          records.map((each) => oneLine(each, 80)),
          4,
        )}`,
    )
    if (records.length > 0) return `${name} has ${list(records)}, says ${list(servers)}.`
    const local = systemAddresses.length > 0 ? ` Programs here still get ${list(systemAddresses)} for it.` : ''
    const [first] = answers
    return `${statusSentence(name, first?.status ?? 'failed', list(servers))}${local}`
  },
  resources: ({ name }) => hostResource(name),
  taints: ({ answers, systemAddresses }) =>
    answers.some(({ records }) => records.length > 0) || systemAddresses.length > 0 ? ['untrusted-text'] : [],
  run: async ({ name, types }, { host, signal }) => {
    const asked = [...new Set(types ?? (isIP(name) ? (['PTR'] as const) : (['A', 'AAAA'] as const)))]
    const { servers, answers, system } = await host.probes.dns(name, asked, signal)
    const shown = answers.map(({ records, ...answer }) => ({
      ...answer,
      records: records.slice(0, MOST_RECORDS).map((record) => record.slice(0, MOST_CHARACTERS)),
    }))
    return {
      name,
      servers: [...servers],
      answers: shown,
      systemAddresses: isIP(name) ? [] : system.slice(0, MOST_RECORDS).map(({ address }) => address),
      truncated: answers.some(
        ({ records }) => records.length > MOST_RECORDS || records.some(({ length }) => length > MOST_CHARACTERS),
      ),
    }
  },
})

function statusSentence(name: string, status: string, servers: string): string {
  const from = servers === '' ? '' : ` (${servers})`
  switch (status) {
    case 'no_such_name':
      return `There is no name ${name}${from}.`
    case 'no_records':
      return `${name} exists but has no such records${from}.`
    case 'timeout':
      return `The name servers${from} did not answer about ${name}.`
    case 'refused':
      return `The name servers${from} refused to answer about ${name}.`
    default:
      return `The name servers${from} failed to answer about ${name}.`
  }
}
