// All projects that this person may see, with how far each is and the one thing to do there.
import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconFolderPlus, IconInbox, IconPlus } from '@tabler/icons-react'
import { api, take } from '@/api/client'
import { powersOf, useMe } from '@/api/session'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { counted } from '@/ui/format'
import { Page } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { usePages } from '@/ui/pages'
import { Rows } from '@/ui/Rows'
import { NewProjectDialog } from './NewProjectDialog'
import { ProjectCard } from './ProjectCard'
import classes from './projects.module.css'

const PAGE_SIZE = 48

export default function ProjectsPage() {
  const me = useMe()
  const powers = powersOf(me)
  const [creating, dialog] = useDisclosure(false)
  const list = usePages({
    key: ['projects'],
    fetch: (after, signal) =>
      take(api.GET('/v1/projects', { params: { query: { after, limit: PAGE_SIZE } }, signal })),
  })
  const create = (
    <Button size="xs" leftSection={<IconPlus size={15} aria-hidden />} onClick={dialog.open}>
      New project
    </Button>
  )
  return (
    <Page
      title="Projects"
      hint={list.isSuccess && !list.hasNextPage ? counted(list.items.length, 'project') : undefined}
      actions={powers.ownsProjects ? create : undefined}
    >
      {list.isPending && <Rows count={3} height={96} />}
      {list.isError && <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && list.items.length === 0 && (
        <EmptyState
          icon={powers.ownsProjects ? IconFolderPlus : IconInbox}
          title={powers.ownsProjects ? 'No project yet' : 'No project is open to you'}
          action={powers.ownsProjects ? create : undefined}
        >
          {powers.ownsProjects
            ? 'A project says what is labelled: its classes, its guidelines, and how many people answer each image.'
            : me.kind === 'vendor'
              ? 'Projects appear here when a client engages your organisation.'
              : 'A manager of your organisation can create one.'}
        </EmptyState>
      )}
      <ul className={classes.grid}>
        {list.items.map((project) => (
          <ProjectCard key={project.id} project={project} />
        ))}
      </ul>
      <Pager {...list} />
      {powers.ownsProjects && <NewProjectDialog opened={creating} onClose={dialog.close} />}
    </Page>
  )
}
