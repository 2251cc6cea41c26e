// What is labelled: the classes of the current version.
import type { Schemas } from '@/api/client'
import { Card } from '@/ui/Card'
import { Count } from '@/ui/Count'
import classes from './overview.module.css'

export function ClassesCard({ ontology, version }: { ontology: Schemas['Ontology']; version: number }) {
  return (
    <Card
      title="Classes"
      head={
        <>
          <Count value={ontology.classes.length} />
          <span className="pl-grow" />
          <span className="pl-small pl-faint">version {version}</span>
        </>
      }
    >
      <ul className={classes.list}>
        {ontology.classes.map((spec) => (
          <li key={spec.class_id}>
            <i className="pl-swatch" style={{ background: spec.colour }} aria-hidden />
            <span className={`pl-grow ${classes.ellipsis ?? ''}`}>{spec.name}</span>
            <span className={classes.sub}>{(spec.attributes ?? []).map((one) => one.key).join(', ')}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}
