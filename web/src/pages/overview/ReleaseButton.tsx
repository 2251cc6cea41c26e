// Builds the next release: what is accepted, or with every single answer beside it.
import { Button, Menu } from '@mantine/core'
import { IconChevronDown, IconPackage } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { newKey } from '@/api/key'
import { toast, toastProblem } from '@/ui/toast'
import { createRelease, releasesQuery, type Include } from './releases'

export function ReleaseButton({ projectId }: { projectId: number }) {
  const client = useQueryClient()
  const build = useMutation({
    mutationFn: (include: Include) => createRelease(projectId, include, newKey()),
    onSuccess: async (release) => {
      toast(`Release #${String(release.id)} is being written.`)
      await client.invalidateQueries({ queryKey: releasesQuery(projectId).queryKey })
    },
    onError: toastProblem,
  })
  return (
    <Menu position="bottom-end" width={290}>
      <Menu.Target>
        <Button
          size="xs"
          loading={build.isPending}
          leftSection={<IconPackage size={15} stroke={1.75} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          Build release
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          onClick={() => {
            build.mutate('accepted')
          }}
        >
          Accepted labels
          <div className="pl-small pl-faint">The consensus, as COCO</div>
        </Menu.Item>
        <Menu.Item
          onClick={() => {
            build.mutate('votes')
          }}
        >
          With every answer
          <div className="pl-small pl-faint">The single votes beside the consensus</div>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
