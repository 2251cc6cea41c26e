// A project's models: which classes they become, a trial on a few pictures, runs, what sets differ in, what people see.
import { Button } from '@mantine/core'
import { IconBrain } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { powersOf, useMe } from '@/api/session'
import { useProject } from '@/app/project'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Page } from '@/ui/Page'
import { Rows } from '@/ui/Rows'
import { counted } from '@/ui/format'
import { mappingsQuery, readyModelsQuery, type Mapping, type ModelVersion } from './data'
import { MappingCard } from './MappingCard'
import { PrelabelCard } from './PrelabelCard'
import { RunCard } from './RunCard'
import { RunsCard } from './RunsCard'
import { SetsCard } from './SetsCard'
import { TrialCard } from './TrialCard'
import classes from './predictions.module.css'

export default function PredictionsPage() {
  const project = useProject()
  const mayUse = powersOf(useMe()).keepsModels
  const models = useQuery({ ...readyModelsQuery, enabled: mayUse })
  const mappings = useQuery({ ...mappingsQuery(project.id), enabled: mayUse })
  const failed = models.error ?? mappings.error
  return (
    <Page
      title="Models"
      hint={models.data === undefined ? '' : counted(models.data.length, 'version') + ' ready'}
      actions={
        mayUse ? (
          <Button component={Link} to="/models" size="xs" variant="default">
            All models
          </Button>
        ) : undefined
      }
    >
      {!mayUse ? (
        <Card title="Models are the client’s">
          <EmptyState icon={IconBrain} title="The client runs models here">
            What they show you stands in the pictures that you label.
          </EmptyState>
        </Card>
      ) : null}
      {failed !== null ? (
        <ErrorPanel
          error={failed}
          onRetry={() => {
            void models.refetch()
            void mappings.refetch()
          }}
        />
      ) : null}
      {mayUse && failed === null && (models.data === undefined || mappings.data === undefined) ? <Rows count={8} /> : null}
      {models.data !== undefined && mappings.data !== undefined ? (
        <Loaded models={models.data} mappings={mappings.data} />
      ) : null}
    </Page>
  )
}

function Loaded({ models, mappings }: { models: readonly ModelVersion[]; mappings: readonly Mapping[] }) {
  const project = useProject()
  const [chosenId, setChosenId] = useState<number | null>(null)
  const [dirty, setDirty] = useState(false)
  const newest = mappings.find(({ model_version_id: id }) => models.some((model) => model.id === id))
  const model = models.find(({ id }) => id === (chosenId ?? newest?.model_version_id)) ?? models[0]
  const mapping = mappings.find(({ model_version_id: id }) => id === model?.id) ?? null
  const held = project.policy.prelabel_mapping_id
  const offered = mappings.filter((one) => one.id === held || models.some(({ id }) => id === one.model_version_id))
  return (
    <div className={classes.stack}>
      {model === undefined ? (
        <Card title="No model is ready">
          <EmptyState
            icon={IconBrain}
            title="Bring a model in first"
            action={
              <Button component={Link} to="/models" size="xs">
                Add a model
              </Button>
            }
          >
            Weights and a file of classes are enough. Then it can be tried and run on the pictures of this project.
          </EmptyState>
        </Card>
      ) : (
        <>
          <MappingCard
            projectId={project.id}
            ontology={project.ontology.classes}
            models={models}
            model={model}
            mapping={mapping}
            onChooseModel={({ id }) => {
              setDirty(false)
              setChosenId(id)
            }}
            onSaved={({ model_version_id: id }) => {
              setChosenId(id)
            }}
            onDirty={setDirty}
          />
          {mapping !== null && !dirty ? (
            <div className={classes.columns}>
              <TrialCard key={`trial-${String(mapping.id)}`} project={project} mapping={mapping} />
              <RunCard key={`run-${String(mapping.id)}`} projectId={project.id} mapping={mapping} />
            </div>
          ) : (
            <p className={classes.note}>Once a mapping is saved, the model can be tried and run here.</p>
          )}
        </>
      )}
      <RunsCard projectId={project.id} />
      <SetsCard project={project} />
      <PrelabelCard key={project.policy_version} project={project} mappings={offered} />
    </div>
  )
}
