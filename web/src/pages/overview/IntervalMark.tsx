// A value with its interval on the scale from 0 to 1.
import type { Schemas } from '@/api/client'
import { ratio } from '@/ui/format'

const WIDTH = 160
const at = (value: number): number => 4 + Math.min(1, Math.max(0, value)) * (WIDTH - 8)

export function IntervalMark({ interval }: { interval: Schemas['Interval'] }) {
  const { value, low, high } = interval
  if (value === null) return null
  const known = low !== null && high !== null
  const words = known ? `${ratio(low)} to ${ratio(high)}` : 'interval not known'
  return (
    <span className="pl-row">
      <svg width={WIDTH} height={16} role="img" aria-label={words}>
        <path d={`M4,8H${String(WIDTH - 4)}`} stroke="var(--pl-border)" strokeWidth={2} strokeLinecap="round" />
        {known && (
          <path d={`M${String(at(low))},8H${String(at(high))}`} stroke="var(--pl-ok)" strokeWidth={4} strokeLinecap="round" opacity={0.45} />
        )}
        <circle cx={at(value)} cy={8} r={4} fill="var(--pl-ok)" />
      </svg>
      <span className="pl-small pl-faint">{known ? `${ratio(low)} – ${ratio(high)}` : '–'}</span>
    </span>
  )
}
