import type { Tool } from '../define.ts'
import { incidentCreate } from './incident_create.ts'
import { incidentList } from './incident_list.ts'
import { incidentResolve } from './incident_resolve.ts'
import { incidentStep } from './incident_step.ts'

export const incidentTools: readonly Tool[] = [incidentList, incidentCreate, incidentStep, incidentResolve]
