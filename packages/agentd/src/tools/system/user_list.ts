import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list, sentence } from '../words.ts'

export const userList = defineTool({
  name: 'user_list',
  title: 'Users',
  description:
    'The accounts of this host: who can log in, who may become root, groups, home and shell. People only unless told; passwords ' +
    'are never shown, only whether one is set.',
  input: z.strictObject({
    kind: z
      .enum(['people', 'system', 'all'])
      .default('people')
      .describe('"system" are accounts that services run as. Default people.'),
    limit: limitField(500, 100, 'users'),
    offset: offsetField('users'),
  }),
  output: z.strictObject({
    users: z.array(
      z.strictObject({
        name: z.string(),
        uid: z.int(),
        fullName: z.string(),
        home: z.string(),
        shell: z.string(),
        groups: z.array(z.string()).describe('The first one is the account’s own.'),
        person: z.boolean(),
        canLogIn: z.boolean().describe('Whether its shell lets somebody in.'),
        administrator: z.boolean().describe('Root, or in a group whose members may become root.'),
        password: z.enum(['set', 'empty', 'locked', 'unknown']).describe('"unknown" where agentd is not root.'),
      }),
    ),
    matching: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ users, matching, truncated }, { kind }) => {
    const noun = kind === 'people' ? 'account of a person' : kind === 'system' ? 'system account' : 'account'
    const nouns = kind === 'people' ? 'accounts of people' : `${noun}s`
    const admins = users.filter(({ administrator }) => administrator).map(({ name }) => name)
    const open = users.filter(({ password, canLogIn }) => password === 'empty' && canLogIn).map(({ name }) => name)
    const root = admins.length === 0 ? '' : ` ${sentence(list(admins))} may act as root.`
    const danger = open.length === 0 ? '' : ` Without a password: ${list(open)}.`
    return `${sentence(count(matching, noun, nouns))}${matching === 0 ? '' : `${truncated ? ', among them' : ''}: ${list(users.map(({ name }) => name))}`}.${root}${danger}`
  },
  run: async ({ kind, limit, offset }, { host }) => {
    const matching = (await host.system.users()).filter(
      ({ person }) => kind === 'all' || person === (kind === 'people'),
    )
    const users = fitting(
      matching.slice(offset, offset + limit).map((user) => ({ ...user, groups: [...user.groups] })),
      readLimits.outputBytes,
    )
    return { users, matching: matching.length, truncated: offset + users.length < matching.length }
  },
})
