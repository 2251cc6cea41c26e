// The application: one query client, one router. The end of a session leads to the sign-in page and back.
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { whenSignedOut } from '@/api/client'
import { forgetSession, makeQueryClient } from '@/api/queries'
import { makeRouter } from './routes'
import { signInAgain } from './guard'

const client = makeQueryClient()
const router = makeRouter(client)

whenSignedOut(() => {
  const { pathname, href } = router.state.location
  const target = signInAgain(pathname, href)
  if (target === null) return
  void router.navigate({ to: '/sign-in', search: target }).then(() => {
    forgetSession(client)
  })
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

export function App() {
  return (
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  )
}
