// What people made of a set's pre-labels: how many of each class they kept, changed and threw away.
import { useQuery } from '@tanstack/react-query'
import type { Schemas } from '@/api/client'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Rows } from '@/ui/Rows'
import { counted, number } from '@/ui/format'
import { classLook } from '@/ui/shapes/classes'
import { acceptanceQuery } from './data'
import classes from './predictions.module.css'

interface Props {
  project: Schemas['ProjectBody']
  mappingId: number
}

export function AcceptanceTable({ project, mappingId }: Props) {
  const found = useQuery(acceptanceQuery(project.id, mappingId))
  if (found.isError) return <ErrorPanel error={found.error} onRetry={() => void found.refetch()} />
  if (found.isPending) return <Rows count={2} />
  const { answers, is_complete: isComplete, classes: lines } = found.data
  if (answers === 0) return <p className={classes.note}>Nobody has answered on a picture that showed the first set yet.</p>
  return (
    <>
      <p className={classes.note}>
        What people made of the first set, in {isComplete ? '' : 'the first '}
        {counted(answers, 'answer')}.
      </p>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="What people made of the first set">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Class</th>
              {['Kept', 'Changed', 'Thrown away'].map((head) => (
                <th key={head} scope="col" className={classes.figure}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.class_id}>
                <td>{classLook(project.ontology.classes, line.class_id).name}</td>
                <td className={classes.figure}>{number(line.accepted)}</td>
                <td className={classes.figure}>{number(line.edited)}</td>
                <td className={classes.figure}>{number(line.deleted)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
