import { wantedTool } from './wanted.ts'

export const appStart = wantedTool({
  name: 'app_start',
  title: 'Start an app',
  description: 'Starts a deployed app, and from now on after each boot.',
  effect: 'is started and stays so over boots',
  before: 'stopped',
  act: (host, name, signal) => host.apps.start(name, signal),
})
