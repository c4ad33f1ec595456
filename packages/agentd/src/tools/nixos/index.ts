import type { Tool } from '../define.ts'
import { driftReport } from './drift_report.ts'
import { flakeStatus, flakeUpdate } from './flake.ts'
import { generationDiff } from './generation_diff.ts'
import { generationList } from './generation_list.ts'
import { generationPrune } from './generation_prune.ts'
import { generationRollback, generationSwitch } from './generation_switch.ts'
import { nixosBuild } from './nixos_build.ts'
import { nixosOptionGet } from './nixos_option_get.ts'
import { nixosOptionSet, nixosOptionUnset } from './nixos_option_set.ts'
import { nixosOverlayRead } from './nixos_overlay_read.ts'
import { packageSearch } from './package_search.ts'
import { packageList, storeGc, storeUsage, storeVerify } from './store.ts'

export const nixosTools: readonly Tool[] = [
  generationList,
  generationDiff,
  generationSwitch,
  generationRollback,
  generationPrune,
  nixosOptionGet,
  nixosOptionSet,
  nixosOptionUnset,
  nixosOverlayRead,
  nixosBuild,
  flakeStatus,
  flakeUpdate,
  packageSearch,
  packageList,
  storeUsage,
  storeGc,
  storeVerify,
  driftReport,
]
