// The project that the page is about.
import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { Schemas } from '@/api/client'
import { projectQuery } from '@/api/queries'

export function useProjectId(): number {
  return useParams({ from: '/framed/projects/$projectId' }).projectId
}

export function useProject(): Schemas['ProjectBody'] {
  return useSuspenseQuery(projectQuery(useProjectId())).data
}
