import { usePage } from '../page.ts'
import { strings } from '../strings.ts'
import { Moon, Sun } from './icons.tsx'

export function ThemeToggle() {
  const { appearance } = usePage()
  const dark = appearance.theme.value === 'dark'
  const words = dark ? strings.header.toLight : strings.header.toDark
  return (
    <button type="button" class="icon-button" title={words} onClick={() => appearance.toggle()}>
      {dark ? <Sun /> : <Moon />}
      <span class="unseen">{words}</span>
    </button>
  )
}
