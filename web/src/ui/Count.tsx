// A small number beside a name, such as the pages of a project have; nothing while it is not known.
import { number } from './format'
import classes from './small.module.css'

export function Count({ value, tone }: { value: number | undefined; tone?: 'bad' | undefined }) {
  if (value === undefined) return null
  return (
    <span className={classes.count} data-tone={tone}>
      {number(value)}
    </span>
  )
}
