// Short messages at the edge; for what a person did, never for what they must not miss.
import { notifications } from '@mantine/notifications'
import { isProblem } from '@/api/problem'
import { remedyOf } from './remedies'

const closeButtonProps = { 'aria-label': 'Close' }

export function toast(message: string, title?: string): void {
  notifications.show({ message, title, color: 'teal', closeButtonProps })
}

export function toastProblem(error: unknown): void {
  if (!isProblem(error)) throw error
  const remedy = remedyOf(error)
  notifications.show({ title: error.title, message: `${error.detail} ${remedy}`.trim(), color: 'red', autoClose: 9000, closeButtonProps })
}
