// Light or dark: what the person chose, else the system's; the workspace and the review are dark unless chosen otherwise.
import { useMediaQuery } from '@mantine/hooks'
import { create } from 'zustand'

export type SchemeChoice = 'auto' | 'light' | 'dark'

const KEY = 'plumbline.scheme'

function remembered(): SchemeChoice {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'auto'
  } catch {
    return 'auto' // storage can be forbidden
  }
}

interface SchemeStore {
  choice: SchemeChoice
  choose: (choice: SchemeChoice) => void
}

export const useSchemeChoice = create<SchemeStore>()((set) => ({
  choice: remembered(),
  choose: (choice) => {
    set({ choice })
    try {
      localStorage.setItem(KEY, choice)
    } catch {
      // the choice then lasts as long as the page
    }
  },
}))

/** Return the scheme to show; `stage` is a page whose subject is a picture. */
export function useScheme(stage: boolean): 'light' | 'dark' {
  const choice = useSchemeChoice((store) => store.choice)
  const systemDark = useMediaQuery('(prefers-color-scheme: dark)', window.matchMedia('(prefers-color-scheme: dark)').matches)
  if (choice !== 'auto') return choice
  return stage || systemDark ? 'dark' : 'light'
}
