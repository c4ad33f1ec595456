import { expect, test } from 'vitest'
import { Appearance } from '../../src/theme/appearance.ts'

function setUp(dark: boolean, stored?: string) {
  const kept = new Map(stored === undefined ? [] : [['castellan.theme', stored]])
  let systemChanged = () => {}
  const prefersDark = {
    matches: dark,
    addEventListener: (_type: string, listener: unknown) => {
      systemChanged = listener as () => void
    },
  }
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  }
  const root = { dataset: {} as DOMStringMap }
  const appearance = new Appearance({ root, storage, prefersDark })
  const setSystem = (now: boolean) => {
    prefersDark.matches = now
    systemChanged()
  }
  return { appearance, root, kept, setSystem }
}

test('follows the system until something is chosen', () => {
  const { root, setSystem } = setUp(true)
  expect(root.dataset.theme).toBe('dark')
  setSystem(false)
  expect(root.dataset.theme).toBe('light')
})

test('each of the three is chosen by name, and the system’s is no choice that is kept', () => {
  const { appearance, root, kept, setSystem } = setUp(false)
  expect(appearance.choice.value).toBe('system')
  appearance.choose('light')
  setSystem(true)
  expect([root.dataset.theme, kept.get('castellan.theme')]).toEqual(['light', 'light'])
  appearance.choose('system')
  expect([root.dataset.theme, kept.has('castellan.theme'), appearance.choice.value]).toEqual(['dark', false, 'system'])
})

test('a choice is kept, and holds whatever the system does', () => {
  const { appearance, root, kept, setSystem } = setUp(false)
  appearance.toggle()
  expect(root.dataset.theme).toBe('dark')
  expect(kept.get('castellan.theme')).toBe('dark')
  setSystem(true)
  setSystem(false)
  expect(root.dataset.theme).toBe('dark')
})

test('choosing what the system has follows the system again', () => {
  const { appearance, root, kept, setSystem } = setUp(false, 'dark')
  appearance.toggle()
  expect(kept.size).toBe(0)
  setSystem(true)
  expect(root.dataset.theme).toBe('dark')
})

test('what is stored and is no theme counts for nothing', () => {
  expect(setUp(false, 'purple').root.dataset.theme).toBe('light')
})
