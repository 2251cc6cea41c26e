// A page whose data or code did not come.
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { isProblem } from '@/api/problem'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { NotFoundPage } from './NotFoundPage'

export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  if (isProblem(error, 'not_found')) return <NotFoundPage />
  return (
    <ErrorPanel
      error={error}
      onRetry={() => {
        reset()
        void router.invalidate()
      }}
    />
  )
}
