// The classes of a model in its own numbering; a search, because there can be a thousand.
import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { counted } from '@/ui/format'
import type { ModelVersion } from './data'
import classes from './drawer.module.css'

/** More of them are found by searching. */
const MOST_SHOWN = 60

export function ClassList({ list }: { list: ModelVersion['classes'] }) {
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const found = list.filter(({ index, name }) => name.toLowerCase().includes(wanted) || String(index) === wanted)
  return (
    <>
      <TextInput
        size="xs"
        type="search"
        aria-label="Search the classes"
        placeholder={`Search ${counted(list.length, 'class', 'classes')}`}
        leftSection={<IconSearch size={14} aria-hidden />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
        }}
      />
      <ol className={classes.classes} aria-label="Classes of the model">
        {found.slice(0, MOST_SHOWN).map(({ index, name }) => (
          <li key={index}>
            <span className="pl-faint">{index}</span> {name}
          </li>
        ))}
      </ol>
      {found.length > MOST_SHOWN ? (
        <p className="pl-small pl-faint">and {counted(found.length - MOST_SHOWN, 'more', 'more')}</p>
      ) : null}
      {found.length === 0 ? <p className="pl-small pl-faint">No class is called that.</p> : null}
    </>
  )
}
