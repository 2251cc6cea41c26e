// The classes with their digits. Choosing one sets the class of new objects and of the selected ones.
import { useState } from 'react'
import { useStore } from 'zustand'
import { countByClass, currentDocument, offeredClasses } from '@/document'
import { Kbd } from '@/ui/Kbd'
import type { Bench } from '../bench'
import { inColour } from './rows'
import classes from './workspace.module.css'

/** So many classes are found without searching. */
const SEARCHED_FROM = 10

export function Palette({ bench }: { bench: Bench }) {
  const [sought, setSought] = useState('')
  const document = useStore(bench.task.labels, currentDocument)
  const activeId = useStore(bench.state, (state) => state.activeClass?.class_id)
  const counts = countByClass(document)
  const offered = offeredClasses(bench.task.ontology)
  const found = offered.filter(({ name }) => name.toLowerCase().includes(sought.trim().toLowerCase()))
  return (
    <section className={classes.section} aria-labelledby="palette-title">
      <div className="pl-row">
        <h2 id="palette-title" className="pl-caps">
          Class
        </h2>
        <span className="pl-grow" />
        {offered.length < SEARCHED_FROM && (
          <span className="pl-row" aria-hidden>
            <Kbd>1</Kbd>–<Kbd>{Math.min(offered.length, 9)}</Kbd>
          </span>
        )}
      </div>
      {offered.length >= SEARCHED_FROM && (
        <input
          id="class-search"
          type="search"
          className={classes.search}
          placeholder="Search classes"
          aria-label="Search classes"
          value={sought}
          onChange={(event) => setSought(event.target.value)}
          onKeyDown={(event) => {
            const [first] = found
            if (event.key === 'Enter' && first && !event.ctrlKey) bench.chooseClass(first)
            if (event.key !== 'Escape' && (event.key !== 'Enter' || event.ctrlKey)) return
            setSought('')
            bench.focus()
          }}
        />
      )}
      <div className={classes.palette}>
        {found.map((spec) => {
          const digit = offered.indexOf(spec) + 1
          return (
            <button
              key={spec.class_id}
              type="button"
              className={classes.class}
              style={inColour(spec.colour)}
              aria-pressed={spec.class_id === activeId}
              onClick={() => {
                bench.chooseClass(spec)
                bench.focus()
              }}
            >
              {digit <= 9 && (
                <span aria-hidden>
                  <Kbd>{digit}</Kbd>
                </span>
              )}
              <i className="pl-swatch" style={{ background: spec.colour }} aria-hidden />
              <span className={classes.name}>{spec.name}</span>
              <em aria-label={`${String(counts.get(spec.class_id) ?? 0)} objects`}>{counts.get(spec.class_id) ?? 0}</em>
            </button>
          )
        })}
      </div>
    </section>
  )
}
