import { wantedTool } from './wanted.ts'

export const appStop = wantedTool({
  name: 'app_stop',
  title: 'Stop an app',
  description: 'Stops a deployed app. It stays stopped, after a boot too, until it is started; what it stored is kept.',
  effect: 'is stopped and stays so over boots',
  before: 'running',
  act: (host, name, signal) => host.apps.stop(name, signal),
})
