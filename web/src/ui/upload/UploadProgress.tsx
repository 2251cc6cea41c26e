// How far a file is: bytes, speed and time left in words, the bar beside them.
import { Progress } from '@mantine/core'
import { bytes, span } from '@/ui/format'
import classes from './upload.module.css'

interface Props {
  /** Of what the bar tells, for whoever cannot see it. */
  label: string
  done: number
  total: number
  bytesPerS: number | null
  paused?: boolean
}

export function UploadProgress({ label, done, total, bytesPerS, paused = false }: Props) {
  const left = bytesPerS !== null && bytesPerS > 0 ? ` · ${span((total - done) / bytesPerS)} left` : ''
  const pace = bytesPerS === null ? '' : ` · ${bytes(Math.round(bytesPerS))}/s${left}`
  return (
    <div className={classes.progress}>
      <Progress value={total === 0 ? 0 : (100 * done) / total} color={paused ? 'gray' : 'blue'} aria-label={label} />
      <span className="pl-small pl-soft">
        {bytes(done)} of {bytes(total)}
        {paused ? ' · paused' : pace}
      </span>
    </div>
  )
}
