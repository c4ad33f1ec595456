import type { FunctionComponent } from 'preact'
import type { PageProps } from '../shell/page-entry.ts'
import { addressOf } from '../shell/router.ts'
import { navigation } from '../strings/navigation.ts'
import { settings as words } from '../strings/settings.ts'
import { PageFrame } from '../ui/page-frame.tsx'
import { AppearanceSection } from './appearance-section.tsx'
import { BackupSection } from './backup-section.tsx'
import { ExportSection } from './export-section.tsx'
import { SignInSection } from './sign-in-section.tsx'
import { TokensSection } from './tokens-section.tsx'

type SectionName = keyof typeof words.sections

const SECTIONS: Readonly<Record<SectionName, FunctionComponent>> = {
  tokens: TokensSection,
  'sign-in': SignInSection,
  backup: BackupSection,
  export: ExportSection,
  appearance: AppearanceSection,
}

/** Who may come in, what can be carried away, and how the page looks. Each section has its address and reads what it shows when it is opened. */
export function SettingsPage({ route }: PageProps) {
  const named = Object.keys(SECTIONS).find((name) => name === route.path[0])
  const current = (named ?? 'tokens') as SectionName
  const Section = SECTIONS[current]
  return (
    <PageFrame title={navigation.settings.title} lead={words.lead}>
      <nav class="sections" aria-label={words.sectionsLabel}>
        {Object.entries(words.sections).map(([name, title]) => (
          <a
            key={name}
            href={addressOf('settings', { path: [name] })}
            aria-current={name === current ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <Section key={current} />
    </PageFrame>
  )
}
