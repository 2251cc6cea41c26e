// What a person types for a new project, and the body that it becomes.
export interface ClassRow {
  key: number
  name: string
  colour: string
}

export interface ProjectDraft {
  name: string
  classes: ClassRow[]
  minVotes: number
  maxVotes: number
  prelabel: boolean
}

// Far apart for most eyes, and visible on photographs.
const COLOURS = ['#4cc2ff', '#ffb454', '#ff7b9c', '#7ee787', '#c9a2ff', '#5ad4d8', '#ffe066', '#ff8c5a', '#9ab8ff']

export const emptyDraft = (): ProjectDraft => ({
  name: '',
  classes: [rowAt(0)],
  minVotes: 2,
  maxVotes: 3,
  prelabel: false,
})

function rowAt(key: number): ClassRow {
  return { key, name: '', colour: COLOURS[key % COLOURS.length] ?? '#4cc2ff' }
}

/** Add an empty row; its colour is the next one that no row had. */
export function withRow(draft: ProjectDraft): ProjectDraft {
  const key = Math.max(-1, ...draft.classes.map((row) => row.key)) + 1
  return { ...draft, classes: [...draft.classes, rowAt(key)] }
}

/** What is missing before it can be sent, null when nothing is. */
export function problemOf(draft: ProjectDraft): string | null {
  const names = draft.classes.map((row) => row.name.trim()).filter((name) => name !== '')
  if (draft.name.trim() === '') return 'The project needs a name.'
  if (names.length === 0) return 'At least one class needs a name.'
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) return 'Two classes have the same name.'
  if (draft.maxVotes < draft.minVotes) return 'The most answers cannot be fewer than the least.'
  return null
}

/** Only what was asked for: the API has a default for the rest. */
export function bodyOf(draft: ProjectDraft) {
  const classes = draft.classes
    .filter((row) => row.name.trim() !== '')
    .map((row, index) => ({ class_id: index + 1, name: row.name.trim(), colour: row.colour.toLowerCase() }))
  return {
    name: draft.name.trim(),
    ontology: { classes },
    policy: {
      min_votes: draft.minVotes,
      max_votes: draft.maxVotes,
      ...(draft.prelabel ? { prelabeling: 'plain_background', prelabel_class_id: 1 } : {}),
    },
  }
}
