import { WaitingBadge } from '../approvals/badge.tsx'
import { navigation } from '../strings/navigation.ts'
import {
  Axis,
  Book,
  Box,
  Gauge,
  Note,
  Out,
  Round,
  Scales,
  Seal,
  Shield,
  Sliders,
  Spark,
  Talk,
  Tiles,
} from '../theme/icons.tsx'
import type { PageEntry } from './page-entry.ts'

/** Every page there is, in the order of the navigation. */
export const pages: readonly PageEntry[] = [
  {
    name: 'chat',
    ...navigation.chat,
    group: 'now',
    Icon: Talk,
    load: () => import('../chat/chat-page.tsx').then(({ ChatPage }) => ChatPage),
  },
  {
    name: 'overview',
    ...navigation.overview,
    group: 'now',
    Icon: Gauge,
    load: () => import('../overview/overview-page.tsx').then(({ OverviewPage }) => OverviewPage),
  },
  {
    name: 'approvals',
    ...navigation.approvals,
    group: 'now',
    Icon: Seal,
    Badge: WaitingBadge,
    load: () => import('../approvals/approvals-page.tsx').then(({ ApprovalsPage }) => ApprovalsPage),
  },
  {
    name: 'timeline',
    ...navigation.timeline,
    group: 'record',
    Icon: Axis,
    load: () => import('../timeline/timeline-page.tsx').then(({ TimelinePage }) => TimelinePage),
  },
  {
    name: 'ledger',
    ...navigation.ledger,
    group: 'record',
    Icon: Book,
    load: () => import('../ledger/ledger-page.tsx').then(({ LedgerPage }) => LedgerPage),
  },
  {
    name: 'insights',
    ...navigation.insights,
    group: 'record',
    Icon: Out,
    load: () => import('../insights/insights-page.tsx').then(({ InsightsPage }) => InsightsPage),
  },
  {
    name: 'security',
    ...navigation.security,
    group: 'record',
    Icon: Shield,
    load: () => import('../security/security-page.tsx').then(({ SecurityPage }) => SecurityPage),
  },
  {
    name: 'policy',
    ...navigation.policy,
    group: 'keep',
    Icon: Scales,
    load: () => import('../policy/policy-page.tsx').then(({ PolicyPage }) => PolicyPage),
  },
  {
    name: 'engine',
    ...navigation.engine,
    group: 'keep',
    Icon: Spark,
    load: () => import('../engine/engine-page.tsx').then(({ EnginePage }) => EnginePage),
  },
  {
    name: 'models',
    ...navigation.models,
    group: 'keep',
    Icon: Box,
    load: () => import('../models/models-page.tsx').then(({ ModelsPage }) => ModelsPage),
  },
  {
    name: 'routines',
    ...navigation.routines,
    group: 'keep',
    Icon: Round,
    load: () => import('../routines/routines-page.tsx').then(({ RoutinesPage }) => RoutinesPage),
  },
  {
    name: 'apps',
    ...navigation.apps,
    group: 'keep',
    Icon: Tiles,
    load: () => import('../apps/apps-page.tsx').then(({ AppsPage }) => AppsPage),
  },
  {
    name: 'memory',
    ...navigation.memory,
    group: 'keep',
    Icon: Note,
    load: () => import('../memory/memory-page.tsx').then(({ MemoryPage }) => MemoryPage),
  },
  {
    name: 'settings',
    ...navigation.settings,
    group: 'keep',
    Icon: Sliders,
    load: () => import('../settings/settings-page.tsx').then(({ SettingsPage }) => SettingsPage),
  },
]

/** The page of that name, or undefined for an address that leads nowhere. */
export function pageNamed(name: string): PageEntry | undefined {
  return pages.find((page) => page.name === name)
}

/** The groups of the navigation, in order, but for those without a page. */
export const groups: readonly PageEntry['group'][] = (['now', 'record', 'keep'] as const).filter((group) =>
  pages.some((page) => page.group === group),
)
