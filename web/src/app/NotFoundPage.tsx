// There is nothing at this address, or nothing that this person may see: the two look the same on purpose.
import { Button } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { IconMapOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { EmptyState } from '@/ui/EmptyState'

export function NotFoundPage() {
  useDocumentTitle('Not found · Plumbline')
  return (
    <main style={{ paddingTop: '14vh' }}>
      <EmptyState
        icon={IconMapOff}
        title="There is nothing here"
        action={
          <Button component={Link} to="/projects" variant="default">
            All projects
          </Button>
        }
      >
        The address may be mistyped, or what it named was removed or belongs to another organisation.
      </EmptyState>
    </main>
  )
}
