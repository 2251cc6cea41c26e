// Skeleton of a list: so many rows of one height.
import { Skeleton } from '@mantine/core'

export function Rows({ count = 4, height = 37 }: { count?: number; height?: number }) {
  return (
    <div aria-busy="true" aria-label="Loading" style={{ padding: '4px 14px 14px', display: 'grid', gap: 8 }}>
      {Array.from({ length: count }, (_, row) => (
        <Skeleton key={row} height={height - 8} />
      ))}
    </div>
  )
}
