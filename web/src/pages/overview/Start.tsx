// What a project is to who labels it: its classes, its guidelines, and the way to the next task. No counts.
import { Button } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useProject } from '@/app/project'
import { Guidelines } from '@/pages/workspace/parts/Guidelines'
import { Card } from '@/ui/Card'
import { Page } from '@/ui/Page'
import { ClassesCard } from './ClassesCard'
import classes from './overview.module.css'

export function Start() {
  const project = useProject()
  return (
    <Page
      title={project.name}
      actions={
        <Button
          size="xs"
          leftSection={<IconPencil size={15} aria-hidden />}
          renderRoot={(props) => <Link to="/projects/$projectId/work" params={{ projectId: project.id }} {...props} />}
        >
          Start labelling
        </Button>
      }
    >
      <div className={`${classes.columns ?? ''} ${classes.start ?? ''}`}>
        <Card title="Guidelines">
          <div className={classes.body}>
            <Guidelines projectId={project.id} />
          </div>
        </Card>
        <ClassesCard ontology={project.ontology} version={project.ontology_version} />
      </div>
    </Page>
  )
}
