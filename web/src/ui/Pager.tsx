// The end of a list that goes on: a button, pressed by itself when it comes into view.
import { Button } from '@mantine/core'
import { useIntersection } from '@mantine/hooks'
import { useEffect } from 'react'
import classes from './small.module.css'

interface PagerProps {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}

export function Pager({ hasNextPage, isFetchingNextPage, fetchNextPage }: PagerProps) {
  const { ref, entry } = useIntersection({ rootMargin: '200px' })
  const seen = entry?.isIntersecting === true

  useEffect(() => {
    if (seen && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [seen, hasNextPage, isFetchingNextPage, fetchNextPage])

  if (!hasNextPage) return null
  return (
    <div ref={ref} className={classes.more}>
      <Button size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        Show more
      </Button>
    </div>
  )
}
