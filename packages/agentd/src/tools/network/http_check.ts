import { z } from 'zod'
import { bareHost } from '../../host/probes/http.ts'
import { defineTool } from '../define.ts'
import { textField } from '../fields.ts'
import { oneLine, size } from '../words.ts'
import { hostResource, probeLimits, timeoutField } from './fields.ts'

const urlField = z
  .string()
  .max(2000)
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const { protocol, username, password, hostname } = new URL(text)
    return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '' && hostname !== ''
  }, 'must be an http: or https: address without a user name or password in it')
  .describe('The address to ask, e.g. "https://example.org/health".')

export const httpCheck = defineTool({
  name: 'http_check',
  title: 'HTTP check',
  description:
    'Whether a web address answers: status, time, size, type, redirects. A check, not a download: the page itself is not returned, ' +
    'but can be searched for one text.',
  input: z.strictObject({
    url: urlField,
    method: z
      .enum(['GET', 'HEAD'])
      .default('GET')
      .describe('GET reads up to 1 MiB of the page; HEAD only its headers. Default GET.'),
    contains: textField(200)
      .refine((text) => text.length > 0, 'must not be empty')
      .optional()
      .describe('Text that the page should contain, e.g. "Welcome"; exact, capitals count.'),
    timeoutSeconds: timeoutField(10),
  }),
  output: z.strictObject({
    url: z.string().describe('Where the answer came from, after redirects.'),
    address: z.string(),
    ok: z.boolean().describe('Status 200 to 299, and the text is there if one was asked for.'),
    status: z.int(),
    statusText: z.string(),
    contentType: z.string().nullable(),
    server: z.string().nullable(),
    bodyBytes: z.int().describe('Bytes of the page that were read, at most 1 MiB.'),
    contains: z.boolean().nullable().describe('Whether the text is there; null if none was asked for.'),
    firstByteMs: z.number(),
    totalMs: z.number(),
    redirects: z.array(z.string()).describe('Addresses that were followed, on the same host.'),
    redirectsTo: z.string().nullable().describe('Where it leads on to, if that was not followed: another host.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: probeLimits,
  summary: ({ url, status, statusText, ok, firstByteMs, bodyBytes, contains, redirectsTo }, { method }) => {
    const text = contains === null ? '' : contains ? ' The text is there.' : ' The text is not there.'
    const on = redirectsTo === null ? '' : ` It leads on to ${oneLine(redirectsTo, 200)}, which was not followed.`
    const amount = method === 'HEAD' ? '' : `, ${size(bodyBytes)}`
    return `${oneLine(url, 200)} answers ${status}${statusText === '' ? '' : ` ${oneLine(statusText, 60)}`} after ${firstByteMs} ms${amount}.${text}${on}${ok || redirectsTo !== null ? '' : ' That is not what a healthy page says.'}`
  },
  resources: ({ url }) => hostResource(bareHost(new URL(url))),
  taints: () => ['untrusted-text'],
  run: async ({ url, method, contains, timeoutSeconds }, { host, signal }) => {
    const question = { url: new URL(url), method, contains, timeoutMs: timeoutSeconds * 1000 }
    const answer = await host.probes.http(question, signal)
    const ok = answer.status >= 200 && answer.status < 300 && answer.contains !== false
    return { ...answer, redirects: [...answer.redirects], ok }
  },
})
