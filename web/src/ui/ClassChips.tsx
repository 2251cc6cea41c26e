// The classes of a project, as many as fit: colour and name, the rest as a number.
import type { Schemas } from '@/api/client'
import classes from './ClassChips.module.css'

export function ClassChips({ specs, most = 6 }: { specs: readonly Schemas['ClassSpec'][]; most?: number }) {
  const more = specs.length - most
  return (
    <ul className={classes.chips} aria-label="Classes">
      {specs.slice(0, most).map((spec) => (
        <li key={spec.class_id}>
          <i className="pl-swatch" style={{ background: spec.colour }} aria-hidden />
          {spec.name}
        </li>
      ))}
      {more > 0 && <li className="pl-faint">+{more}</li>}
    </ul>
  )
}
