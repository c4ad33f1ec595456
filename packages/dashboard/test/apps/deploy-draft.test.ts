import { expect, it, test } from 'vitest'
import { type DeployDraft, deployArguments, deployProblem, emptyApp } from '../../src/apps/deploy-draft.ts'
import { apps } from '../../src/strings/apps.ts'

const { unready } = apps.form
const draft: DeployDraft = { ...emptyApp(), name: 'wiki', argv: '/bin/sh\n-c\necho a  b\n' }

test('a draft without a problem is what app_deploy takes', () => {
  const written = { ...draft, source: ' site ', environment: 'PORT=80\n\nGREETING=a=b\nEMPTY=', memory: '64' }
  expect(deployProblem(written)).toBeNull()
  expect(deployArguments(written)).toEqual({
    ...{ name: 'wiki', argv: ['/bin/sh', '-c', 'echo a  b'], source: 'site', description: '', network: 'local' },
    environment: { PORT: '80', GREETING: 'a=b', EMPTY: '' },
    ...{ memoryBytes: 64 * 1024 * 1024, cpuPercent: 100, tasks: 256 },
  })
  expect(deployArguments(draft)).not.toHaveProperty('source')
})

it.each<[string, Partial<DeployDraft>, string]>([
  ['a name', { name: 'Wiki' }, unready.name],
  ['a short name', { name: 'a-name-that-is-too-long' }, unready.name],
  ['a program', { argv: '' }, unready.argv],
  ['an absolute path', { argv: 'sh' }, unready.argv],
  ['memory', { memory: '15' }, unready.memory],
  ['CPU time', { cpu: '0' }, unready.cpu],
  ['tasks', { tasks: 'many' }, unready.tasks],
  ['names in its environment', { environment: 'port=80' }, unready.environment('port=80')],
  ['a sign in its environment', { environment: 'PORT' }, unready.environment('PORT')],
])('without %s it cannot be deployed', (_, part, why) => {
  expect(deployProblem({ ...draft, ...part })).toBe(why)
})

it.each(['API_TOKEN', 'DB_PASSWORD', 'MY_SECRET', 'APIKEY', 'SSH_PRIVATE_KEY'])(
  'does not send away what looks like a secret: %s',
  (name) => {
    expect(deployProblem({ ...draft, environment: `${name}=x` })).toBe(unready.secret(name))
  },
)
