import { accountabilityTools } from './accountability/index.ts'
import { appTools } from './apps/index.ts'
import { backupTools } from './backup/index.ts'
import { commandTools } from './commands/index.ts'
import type { Tool } from './define.ts'
import { fileTools } from './files/index.ts'
import { incidentTools } from './incidents/index.ts'
import { journalTools } from './journal/index.ts'
import { learningTools } from './learning/index.ts'
import { mcpTools } from './mcp/index.ts'
import { memoryTools } from './memory/index.ts'
import { modelTools } from './models/index.ts'
import { networkTools } from './network/index.ts'
import { nixosTools } from './nixos/index.ts'
import { optimizationTools } from './optimization/index.ts'
import { routineTools } from './routines/index.ts'
import { securityTools } from './security/index.ts'
import { serviceTools } from './services/index.ts'
import { skillTools } from './skills/index.ts'
import { storageTools } from './storage/index.ts'
import { switchTools } from './switch/index.ts'
import { systemTools } from './system/index.ts'
import { watcherTools } from './watchers/index.ts'
import { webTools } from './web/index.ts'

export type { Tool } from './define.ts'

/** Every tool of agentd, in the order in which listings show them: family by family, as each family lists its own. */
export const tools: readonly Tool[] = [
  ...systemTools,
  ...serviceTools,
  ...journalTools,
  ...networkTools,
  ...webTools,
  ...fileTools,
  ...storageTools,
  ...backupTools,
  ...nixosTools,
  ...switchTools,
  ...commandTools,
  ...appTools,
  ...watcherTools,
  ...routineTools,
  ...securityTools,
  ...incidentTools,
  ...modelTools,
  ...memoryTools,
  ...skillTools,
  ...learningTools,
  ...optimizationTools,
  ...mcpTools,
  ...accountabilityTools,
]
