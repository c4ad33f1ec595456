import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { list, moment, oneLine } from '../words.ts'
import { hostField, hostResource, portField, probeLimits, timeoutField } from './fields.ts'

const DAY_MS = 86_400_000
/** Certificates of public authorities are renewed a month before they end. */
const SOON_DAYS = 21
const MOST_NAMES = 100

export const certificateCheck = defineTool({
  name: 'certificate_check',
  title: 'Certificate check',
  description:
    'The TLS certificate that a server shows: for which names, by whom, until when, and whether programs on this host would trust it.',
  input: z.strictObject({
    host: hostField('Name or IP address of the server, e.g. "example.org".'),
    port: portField.default(443).describe('The TCP port. Default 443; it must speak TLS from the start.'),
    serverName: hostField(
      'The name to ask for and to hold the certificate against, where it is not the host.',
    ).optional(),
    timeoutSeconds: timeoutField(10),
  }),
  output: z.strictObject({
    host: z.string(),
    port: z.int(),
    address: z.string(),
    valid: z.boolean().describe('Trusted, for this name, and neither expired nor not yet valid.'),
    trusted: z.boolean().describe('Whether the chain leads to an authority that is known here.'),
    trustProblem: z.string().nullable(),
    matchesName: z.boolean(),
    subject: z.string(),
    issuer: z.string(),
    names: z.array(z.string()),
    truncated: truncatedField,
    validFrom: Timestamp,
    validTo: Timestamp,
    daysLeft: z.int().describe('Whole days until it ends; negative once it has.'),
    chainLength: z.int(),
    protocol: z.string(),
    cipher: z.string(),
    sha256: z.string().describe('Fingerprint of the certificate.'),
    serialNumber: z.string(),
  }),
  effect: 'read',
  undo: 'none',
  limits: probeLimits,
  summary: (facts) => {
    const { host, port, issuer, validTo, daysLeft, trusted, trustProblem, matchesName, names } = facts
    const where = port === 443 ? host : `${host} port ${port}`
    const until =
      daysLeft < 0 ? `ended ${-daysLeft} days ago` : `is valid until ${moment(validTo)}, ${daysLeft} days from now`
    const problems = [
      ...(daysLeft < 0 || trusted ? [] : [`it is not trusted here (${trustProblem})`]),
      ...(matchesName
        ? []
        : [
            `it is for ${
              names.length === 0
                ? 'no name'
                : list(
                    names.map((name) => oneLine(name, 60)),
                    3,
                  )
            }`,
          ]),
    ]
    const soon = daysLeft >= 0 && daysLeft < SOON_DAYS ? ' It is time to renew it.' : ''
    return `The certificate of ${where}, by ${oneLine(issuer, 80)}, ${until}.${problems.length === 0 ? '' : ` But ${list(problems)}.`}${soon}`
  },
  resources: ({ host }) => hostResource(host),
  taints: () => ['untrusted-text'],
  run: async ({ host: name, port, serverName, timeoutSeconds }, { host, signal }) => {
    const facts = await host.probes.certificate(name, port, serverName ?? name, timeoutSeconds * 1000, signal)
    const now = Date.now()
    const current = facts.validFrom.getTime() <= now && now < facts.validTo.getTime()
    return {
      ...facts,
      host: name,
      port,
      valid: facts.trusted && facts.matchesName && current,
      subject: oneLine(facts.subject, 500),
      issuer: oneLine(facts.issuer, 500),
      names: facts.names.slice(0, MOST_NAMES).map((each) => each.slice(0, 254)),
      truncated: facts.names.length > MOST_NAMES,
      validFrom: facts.validFrom.toISOString(),
      validTo: facts.validTo.toISOString(),
      daysLeft: Math.floor((facts.validTo.getTime() - now) / DAY_MS),
    }
  },
})
