// Every page and its path. Pages are loaded when somebody goes there.
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { projectQuery } from '@/api/queries'
import { ErrorPage } from './ErrorPage'
import { NotFoundPage } from './NotFoundPage'
import { ProjectLayout } from './ProjectLayout'
import { RootLayout } from './RootLayout'
import { Frame } from '@/ui/frame/Frame'
import { PagePending } from '@/ui/PagePending'
import { requireMe } from './guard'

interface RouterContext {
  queryClient: QueryClient
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const positive = (value: unknown): number | undefined => {
  const number = Number(value)
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}

const root = createRootRouteWithContext<RouterContext>()({ component: RootLayout, notFoundComponent: NotFoundPage })

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/projects', replace: true })
  },
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string; error?: string } => ({
    next: text(search.next),
    error: text(search.error),
  }),
  component: lazyRouteComponent(() => import('@/pages/signin')),
})

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation/$token',
  component: lazyRouteComponent(() => import('@/pages/invitation')),
})

// Everything below needs a session and has the frame around it.
const framed = createRoute({
  getParentRoute: () => root,
  id: 'framed',
  beforeLoad: ({ context, location }) => requireMe(context.queryClient, location.href).then(() => undefined),
  component: Frame,
})

const projects = createRoute({
  getParentRoute: () => framed,
  path: '/projects',
  component: lazyRouteComponent(() => import('@/pages/projects')),
})

const project = createRoute({
  getParentRoute: () => framed,
  path: '/projects/$projectId',
  params: {
    parse: ({ projectId }) => ({ projectId: positive(projectId) ?? 0 }),
    stringify: ({ projectId }) => ({ projectId: String(projectId) }),
  },
  loader: ({ context, params }) => context.queryClient.ensureQueryData(projectQuery(params.projectId)),
  component: ProjectLayout,
})

const overview = createRoute({
  getParentRoute: () => project,
  path: '/',
  component: lazyRouteComponent(() => import('@/pages/overview')),
})

const images = createRoute({
  getParentRoute: () => project,
  path: '/images',
  component: lazyRouteComponent(() => import('@/pages/images')),
})

const quarantine = createRoute({
  getParentRoute: () => project,
  path: '/quarantine',
  component: lazyRouteComponent(() => import('@/pages/quarantine')),
})

const work = createRoute({
  getParentRoute: () => project,
  path: '/work',
  validateSearch: (search: Record<string, unknown>): { lease?: number } => ({ lease: positive(search.lease) }),
  component: lazyRouteComponent(() => import('@/pages/workspace')),
})

const review = createRoute({
  getParentRoute: () => project,
  path: '/review',
  validateSearch: (search: Record<string, unknown>): { lease?: number } => ({ lease: positive(search.lease) }),
  component: lazyRouteComponent(() => import('@/pages/review')),
})

const predictions = createRoute({
  getParentRoute: () => project,
  path: '/models',
  component: lazyRouteComponent(() => import('@/pages/predictions')),
})

const models = createRoute({
  getParentRoute: () => framed,
  path: '/models',
  component: lazyRouteComponent(() => import('@/pages/models')),
})

const deadLetters = createRoute({
  getParentRoute: () => framed,
  path: '/dead-letters',
  component: lazyRouteComponent(() => import('@/pages/deadletters')),
})

const inbox = createRoute({
  getParentRoute: () => framed,
  path: '/inbox',
  component: lazyRouteComponent(() => import('@/pages/inbox')),
})

const account = createRoute({
  getParentRoute: () => framed,
  path: '/account',
  component: lazyRouteComponent(() => import('@/pages/account')),
})

const routeTree = root.addChildren([
  start,
  signIn,
  invitation,
  framed.addChildren([
    projects,
    project.addChildren([overview, images, quarantine, predictions, work, review]),
    models,
    inbox,
    deadLetters,
    account,
  ]),
])

export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPendingComponent: PagePending,
    defaultPendingMs: 150,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  })
}
