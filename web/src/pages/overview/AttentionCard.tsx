// What waits for somebody, each with the page where it is dealt with.
import {
  IconBucket,
  IconChecks,
  IconEyeCheck,
  IconPencil,
  IconPhotoX,
  IconUsersPlus,
  IconX,
  type Icon,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Powers } from '@/api/session'
import { Card } from '@/ui/Card'
import { Count } from '@/ui/Count'
import { EmptyState } from '@/ui/EmptyState'
import type { AttentionItem, AttentionKind } from './attention'
import classes from './overview.module.css'

const ICONS: Record<AttentionKind, Icon> = {
  quarantine: IconPhotoX,
  review: IconEyeCheck,
  label: IconPencil,
  rejected: IconX,
  source: IconBucket,
  vendor: IconUsersPlus,
}

interface AttentionCardProps {
  projectId: number
  items: AttentionItem[]
  powers: Powers
  isClient: boolean
}

export function AttentionCard({ projectId, items, powers, isClient }: AttentionCardProps) {
  const urgent = items.filter((item) => item.tone === 'bad').length
  return (
    <Card title="Needs attention" className={classes.urgent} head={urgent > 0 ? <Count value={urgent} tone="bad" /> : undefined}>
      {items.length === 0 && (
        <EmptyState icon={IconChecks} title="Nothing waits for anybody">
          Quarantined images, reviews and missing parts of the set-up appear here.
        </EmptyState>
      )}
      <ul>
        {items.map((item) => (
          <Item key={item.kind} item={item}>
            <Action kind={item.kind} projectId={projectId} powers={powers} isClient={isClient} />
          </Item>
        ))}
      </ul>
    </Card>
  )
}

function Item({ item, children }: { item: AttentionItem; children: React.ReactNode }) {
  const Mark = ICONS[item.kind]
  return (
    <li className={classes.item} data-tone={item.tone}>
      <span className={classes.mark} aria-hidden>
        <Mark size={15} stroke={1.75} />
      </span>
      <h3>{item.title}</h3>
      <p>{item.text}</p>
      {children}
    </li>
  )
}

function Action({ kind, projectId, powers, isClient }: Omit<AttentionCardProps, 'items'> & { kind: AttentionKind }) {
  const params = { projectId }
  const className = classes.go
  if (kind === 'quarantine' && isClient) {
    return (
      <Link to="/projects/$projectId/quarantine" params={params} className={className}>
        Open quarantine
      </Link>
    )
  }
  if (kind === 'review' && powers.reviews) {
    return (
      <Link to="/projects/$projectId/review" params={params} className={className}>
        Open the queue
      </Link>
    )
  }
  if (kind === 'label') {
    return (
      <Link to="/projects/$projectId/work" params={params} className={className}>
        Start labelling
      </Link>
    )
  }
  return null
}
